"""A search, running or ended: its progress, its trials and its figures."""

import streamlit as st

from aeexplorer.core.errors import UserError
from aeexplorer.jobs.searches import SearchStatus, cancel_search, pause_search, remove_search, resume_search, search_status
from aeexplorer.training.search.search import Search, open_search
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.parts.gone import show_gone
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.search.figures import draw_figures
from aeexplorer.ui.search.objective import objective_title
from aeexplorer.ui.search.trials import draw_trials
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import CompareState, SearchState
from aeexplorer.ui.session.workspace import workspace
from aeexplorer.ui.train.live import REFRESH_SECONDS, STATE_COLOURS


def show_search(page_state: SearchState) -> None:
    """Draw the search, and draw it again every second while it is active."""
    if not _exists(page_state.search):
        show_gone("search", "New search", _leave)
        return
    status = search_status(open_search(workspace(), page_state.search))
    st.fragment(_watch, run_every=REFRESH_SECONDS if status.active else None)(page_state, status.active)


def _exists(search_id: str) -> bool:
    try:
        return workspace().search_folder(search_id).is_dir()
    except UserError:
        return False


def _leave() -> None:
    state.update(SearchState())


@show_errors()
def _watch(page_state: SearchState, was_active: bool) -> None:
    if not _exists(page_state.search):
        st.rerun()  # it was removed while this page showed it
    search = open_search(workspace(), page_state.search)
    status = search_status(search)
    if was_active and not status.active:
        st.rerun()
    _draw_head(page_state, search, status)
    parts = [f"{status.done} of {status.total} trials", status.message.rstrip(".")]
    if best := search.ranked()[:1]:
        value, trial = best[0]
        parts.insert(1, f"best {objective_title(search)} {value:.5g}, trial {trial.number + 1}")
    st.progress(status.done / max(status.total, 1), escape(" · ".join(filter(None, parts))))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        draw_trials(search)
    draw_figures(search, right)


def _draw_head(page_state: SearchState, search: Search, status: SearchStatus) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(escape(search.name), width="content")
        st.badge(status.state, color=STATE_COLOURS.get(status.state, "gray"))
        st.space("stretch")
        best = [trial.run_id for _, trial in search.ranked()[:4]]
        if len(best) > 1 and st.button("Compare the best", type="primary", icon=":material/compare:", key="search.compare"):
            state.visit(CompareState, dataset=search.config.base.dataset, runs=",".join(best))
        if status.active:
            st.button("Pause", icon=":material/pause:", on_click=pause_search, args=(search,), key="search.pause")
            st.button("Cancel", icon=":material/stop:", on_click=cancel_search, args=(search,), key="search.cancel")
        if status.state in ("paused", "cancelled") and st.button("Resume", icon=":material/play_arrow:", key="search.resume"):
            resume_search(search)
            st.rerun()
        if not status.active:
            _draw_remove(page_state, search)
        if st.button("New search", icon=":material/add:", key="search.new"):
            state.update(page_state, search="", dataset=search.config.base.dataset, preset=search.record["preset"])
            st.rerun()


def _draw_remove(page_state: SearchState, search: Search) -> None:
    with st.popover("Remove", icon=":material/delete:", type="tertiary"):
        st.markdown(f"Remove the search **{escape(search.name)}** for good? The runs of its trials stay.")
        if st.button("Remove it", type="primary", key="search.remove"):
            remove_search(search)
            state.update(page_state, search="")
            st.rerun()
