"""Explore: walk around in what a run has learned."""

import streamlit as st

from aeexplorer.ui.explore.bar import choose_run, choose_view, valid_run, valid_view
from aeexplorer.ui.explore.empty import show_empty
from aeexplorer.ui.explore.events import handle_events
from aeexplorer.ui.explore.foot import foot
from aeexplorer.ui.explore.map import draw_map
from aeexplorer.ui.explore.panel import draw_panels, open_panel
from aeexplorer.ui.explore.panels import offered_panels
from aeexplorer.ui.explore.projected import await_projection, shown_projection
from aeexplorer.ui.explore.scene import scene_of
from aeexplorer.ui.explore.tools.find import find
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
    if not (ready := explorable_runs(listed)):
        show_empty(listed)
        return
    # state: what the address names, within what the run offers, after what was done in the charts
    shown = valid_run(state.current(ExploreState), ready)
    run = run_of(shown.run)
    shown = valid_view(shown, run)
    projection = shown_projection(run, shown)
    panels = offered_panels(run)
    panel = open_panel(shown, panels)
    scene = scene_of(run, shown, projection.projection.ids)
    handle_events(scene, projection, panel)
    # draw: from here on the state stays as it is
    with state.drawing():
        with st.container(horizontal=True, vertical_alignment="bottom", key="explore-bar"):
            choose_run(ready)
            choose_view(scene.state, run)
            find(scene)
        left, right = st.columns([3, 2], gap="small")
        with left:
            draw_map(scene, projection, panel)
            below = st.container()
        with right, st.container(key="explore-panel"):
            draw_panels(panels, panel, scene)
        with below:
            foot(scene, projection)
        if projection.awaited:
            await_projection(run, scene.state, projection.version)


explore()
