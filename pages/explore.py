"""Explore: walk around in what a run has learned."""

import streamlit as st

from aeexplorer.ui.explore.bar import choose_run, choose_view
from aeexplorer.ui.explore.empty import show_empty
from aeexplorer.ui.explore.find import find
from aeexplorer.ui.explore.foot import foot
from aeexplorer.ui.explore.map import await_map, draw_map, hear, projected
from aeexplorer.ui.explore.panel import draw_panels, open_panel
from aeexplorer.ui.explore.panels import offered_panels
from aeexplorer.ui.explore.scene import Scene, read_selection, write_selection
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.session import state
from aeexplorer.ui.session.state import ExploreState
from aeexplorer.ui.session.workspace import explorable_runs, listed_runs, run_of
from aeexplorer.ui.shell.reruns import one_rerun_at_a_time

PAGE = {"title": "Explore", "icon": ":material/bubble_chart:", "order": 0}


@st.fragment
@one_rerun_at_a_time
@show_errors()
def explore() -> None:
    listed = listed_runs()
    shown = state.current(ExploreState)
    if not (ready := explorable_runs(listed)):
        show_empty(listed)
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="explore-bar"):
        shown = choose_run(shown, ready)
        run = run_of(shown.run)
        shown = choose_view(shown, run)
        projection = projected(run, shown)
        scene = Scene(run, shown, projection.made.ids, read_selection(shown, run))
        find(scene)
    left, right = st.columns([3, 2], gap="small")
    panels = offered_panels(run)
    panel = open_panel(scene, panels)
    hear(scene, projection, panel)
    with left:
        draw_map(scene, projection, panel)
        below = st.container()
    with right, st.container(key="explore-panel"):
        draw_panels(scene, panels, panel)
    with below:
        foot(scene, projection)
    write_selection(scene)
    if projection.awaited:
        await_map(run, shown, projection.mark)


explore()
