"""A search while it goes on, and when it has ended: progress, its trials, what they show."""

import streamlit as st

from aeexplorer.jobs.searches import SearchStatus, cancel_search, pause_search, remove_search, resume_search, search_status
from aeexplorer.training.search.search import Search, open_search
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.parts.widgets import escape, label
from aeexplorer.ui.search.figures import draw_figures
from aeexplorer.ui.search.trials import draw_trials
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import CompareState, SearchState
from aeexplorer.ui.session.workspace import workspace
from aeexplorer.ui.train.live import COLOURS, EVERY


def show_search(page_state: SearchState) -> None:
    """Watch the search, looking again every second for as long as it goes on."""
    now = search_status(open_search(workspace(), page_state.search))
    st.fragment(_watch, run_every=EVERY if now.active else None)(page_state, now.active)


@show_errors()
def _watch(page_state: SearchState, was_active: bool) -> None:
    search = open_search(workspace(), page_state.search)
    now = search_status(search)
    if was_active and not now.active:
        st.rerun()
    _head(page_state, search, now)
    said = [f"{now.done} of {now.total} trials", now.message.rstrip(".")]
    if best := search.ranked()[:1]:
        said.insert(1, f"{label(search.config.objective)} {best[0][0]:.5g} at best, trial {best[0][1].number + 1}")
    st.progress(now.done / max(now.total, 1), escape(" · ".join(filter(None, said))))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        draw_trials(search)
    draw_figures(search, right)


def _head(page_state: SearchState, search: Search, now: SearchStatus) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(escape(search.name), width="content")
        st.badge(now.state, color=COLOURS.get(now.state, "gray"))
        st.space("stretch")
        best = [trial.run_id for _, trial in search.ranked()[:4]]
        if len(best) > 1 and st.button("Compare the best", type="primary", icon=":material/compare:", key="search.compare"):
            state.visit(CompareState, dataset=search.config.base.dataset, runs=",".join(best))
        if now.active:
            st.button("Pause", icon=":material/pause:", on_click=pause_search, args=(search,), key="search.pause")
            st.button("Cancel", icon=":material/stop:", on_click=cancel_search, args=(search,), key="search.cancel")
        if now.state in ("paused", "cancelled") and st.button("Resume", icon=":material/play_arrow:", key="search.resume"):
            resume_search(search)
            st.rerun()
        if not now.active:
            _remove(page_state, search)
        if st.button("New search", icon=":material/add:", key="search.new"):
            state.update(page_state, search="", dataset=search.config.base.dataset, preset=search.record["preset"])
            st.rerun()


def _remove(page_state: SearchState, search: Search) -> None:
    with st.popover("Remove", icon=":material/delete:", type="tertiary"):
        st.markdown(f"Remove the search **{escape(search.name)}** for good? The runs of its trials stay.")
        if st.button("Remove it", type="primary", key="search.remove"):
            remove_search(search)
            state.update(page_state, search="")
            st.rerun()
