"""The searches of the workspace."""

import streamlit as st

from aeexplorer.jobs.searches import search_status
from aeexplorer.training.search.search import all_searches
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import SearchState
from aeexplorer.ui.session.workspace import workspace

SHOWN = 12


def list_searches() -> None:
    """A button a search, the newest first."""
    found = sorted(all_searches(workspace()), key=lambda search: -float(search.record["created"]))[:SHOWN]
    if found:
        st.markdown("**Searches so far**")
    for search in found:
        now = search_status(search)
        words = f"{escape(search.name)}  \n:small[{len(search.config.space)} settings · {now.done} trials · {now.state}]"
        st.button(words, key=f"search.open.{search.id}", width="stretch", on_click=_open, args=(search.id,))


def _open(search_id: str) -> None:
    state.update(state.current(SearchState), search=search_id)
