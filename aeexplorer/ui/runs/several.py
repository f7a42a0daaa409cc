"""Several runs of the list: the way to compare them."""

import streamlit as st

from aeexplorer.analysis.runs.comparison import MAX_RUNS
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import CompareState
from aeexplorer.ui.session.workspace import ListedRun


def show_several(chosen: list[ListedRun]) -> None:
    """A button that compares them, or the reason why not."""
    st.subheader(f"{len(chosen)} runs chosen")
    why_not = _why_not(chosen)
    icon = ":material/compare:"
    if st.button("Compare", type="primary", icon=icon, key="runs.compare", disabled=bool(why_not)):
        state.visit(CompareState, dataset=chosen[0].row.dataset, runs=",".join(one.row.id for one in chosen))
    if why_not:
        st.markdown(why_not)


def _why_not(chosen: list[ListedRun]) -> str:
    if len({one.row.dataset for one in chosen}) > 1:
        return "They are of different datasets. Choose runs of one."
    if len(chosen) > MAX_RUNS:
        return f"Choose {MAX_RUNS} at most."
    if waiting := [one for one in chosen if not one.run.finished]:
        return f"{len(waiting)} of them {'has' if len(waiting) == 1 else 'have'} no results yet."
    return ""
