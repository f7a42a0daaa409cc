"""Compare: up to four runs on one dataset side by side, or two maps of one run."""

import streamlit as st

from aeexplorer.training.run import Run
from aeexplorer.ui.compare.choose import are_all_gone, comparable_runs, draw_choices, show_empty, split_ids, valid_state
from aeexplorer.ui.compare.maps import current_selection, draw_maps, write_selection
from aeexplorer.ui.compare.samples import draw_samples
from aeexplorer.ui.compare.sides import sides_of
from aeexplorer.ui.compare.tables import draw_curves, draw_differences, draw_figures
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.parts.gone import show_gone
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import CompareState
from aeexplorer.ui.session.selection import Selection
from aeexplorer.ui.session.workspace import listed_runs, run_of
from aeexplorer.ui.shell import background
from aeexplorer.ui.shell.reruns import one_rerun_at_a_time

PAGE = {"title": "Compare", "icon": ":material/compare:", "order": 4}


@st.fragment
@one_rerun_at_a_time
@show_errors()
def compare() -> None:
    listed = listed_runs()
    if not (offered := comparable_runs(listed)):
        show_empty(listed)
        return
    page_state = state.current(CompareState)
    if are_all_gone(page_state):
        show_gone("run" if len(split_ids(page_state.runs)) == 1 else "selection of runs", "Compare the newest runs", leave)
        return
    # state: what the address names and what is offered, after the events of the charts
    page_state = valid_state(page_state, offered)
    runs = [run_of(run) for run in split_ids(page_state.runs)]
    selection = current_selection(page_state, runs[0]) if runs else Selection()
    # draw: from here on, the state does not change
    with state.drawing():
        with st.container(horizontal=True, vertical_alignment="bottom"):
            draw_choices(page_state, offered)
        if runs:
            draw(page_state, runs, selection)
        else:
            st.info(
                "Choose one run above to see two of its maps side by side, or several to compare them.",
                icon=":material/compare:",
            )


def leave() -> None:
    state.update(CompareState())


def draw(page_state: CompareState, runs: list[Run], selection: Selection) -> None:
    sides = sides_of(page_state, runs)
    draw_maps(page_state, sides, selection)
    if awaited := [side.awaited for side in sides if side.awaited]:
        background.rerun_when_done(runs[0].id, awaited, 2)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        with st.container(horizontal=True, vertical_alignment="center"):
            if count := len(selection.ids):
                st.markdown(f"**{count:,}** selected", width="content")
                clear = (page_state, runs[0], selection.replaced(None))
                st.button(
                    "Clear", key="compare.clear", type="tertiary", icon=":material/close:", on_click=write_selection, args=clear
                )
            else:
                st.caption("Drag over points to select; held-out samples are shown until then.")
        draw_samples(runs, selection)
        if len(runs) > 1:
            draw_curves(runs)
    with right:
        draw_figures(runs)
        if len(runs) > 1:
            draw_differences(runs)


compare()
