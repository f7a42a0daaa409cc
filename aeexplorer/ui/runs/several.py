"""Several runs of the table, which can be compared."""

import streamlit as st

from aeexplorer.analysis.runs.comparison import MAX_RUNS
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import CompareState
from aeexplorer.ui.session.workspace import ListedRun


def show_several(chosen: list[ListedRun]) -> None:
    """Draw a button that compares the runs, or the reason why they cannot be compared."""
    st.subheader(f"{len(chosen)} runs chosen")
    obstacle = _obstacle(chosen)
    icon = ":material/compare:"
    if st.button("Compare", type="primary", icon=icon, key="runs.compare", disabled=bool(obstacle)):
        state.visit(CompareState, dataset=chosen[0].row.dataset, runs=",".join(run.row.id for run in chosen))
    if obstacle:
        st.markdown(obstacle)


def _obstacle(chosen: list[ListedRun]) -> str:
    """Return the reason why the runs cannot be compared; empty if they can."""
    if len({run.row.dataset for run in chosen}) > 1:
        return "The runs are of different datasets. Choose runs of one dataset."
    if len(chosen) > MAX_RUNS:
        return f"Choose at most {MAX_RUNS} runs."
    if waiting := [run for run in chosen if not run.run.finished]:
        return f"{len(waiting)} of the runs {'has' if len(waiting) == 1 else 'have'} no results yet."
    return ""
