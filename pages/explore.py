"""Explore: the latent space of a trained run in linked views."""

import streamlit as st

from aeexplorer.ui.explore.bar import choose_run, choose_view, valid_run, valid_view
from aeexplorer.ui.explore.empty import show_empty, show_unready
from aeexplorer.ui.explore.events import handle_events
from aeexplorer.ui.explore.foot import draw_foot
from aeexplorer.ui.explore.map import draw_map
from aeexplorer.ui.explore.page_map import await_projection, current_page_map
from aeexplorer.ui.explore.panel_tabs import draw_panels, open_panel
from aeexplorer.ui.explore.panels import offered_panels
from aeexplorer.ui.explore.scene import scene_of
from aeexplorer.ui.explore.tools.find import draw_find
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState
from aeexplorer.ui.session.workspace import explorable_runs, listed_runs, run_of
from aeexplorer.ui.shell.reruns import one_rerun_at_a_time

PAGE = {"title": "Explore", "icon": ":material/bubble_chart:", "order": 0}


@st.fragment
@one_rerun_at_a_time
@show_errors()
def explore() -> None:
    listed = listed_runs()
    ready = explorable_runs(listed)
    page_state = state.current(ExploreState)
    if page_state.run and page_state.run not in {entry.row.id for entry in ready}:
        show_unready(page_state.run)
        return
    if not ready:
        show_empty(listed)
        return
    # state: read the address, keep it within what the run offers, apply the events of the charts
    page_state = valid_run(page_state, ready)
    run = run_of(page_state.run)
    page_state = valid_view(page_state, run)
    page_map = current_page_map(run, page_state)
    panels = offered_panels(run)
    panel = open_panel(page_state, panels)
    scene = scene_of(run, page_state, page_map.projection.ids)
    handle_events(scene, page_map, panel)
    # draw: the state cannot change from here on
    with state.drawing():
        with st.container(horizontal=True, vertical_alignment="bottom", key="explore-bar"):
            choose_run(ready)
            choose_view(scene.state, run)
            draw_find(scene)
        left, right = st.columns([3, 2], gap="small")
        with left:
            draw_map(scene, page_map, panel)
            below = st.container()
        with right, st.container(key="explore-panel"):
            draw_panels(panels, panel, scene)
        with below:
            draw_foot(scene, page_map)
        if page_map.is_pending:
            await_projection(run, scene.state, page_map.version)


explore()
