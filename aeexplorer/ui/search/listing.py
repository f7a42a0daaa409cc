"""The list of the searches in the workspace."""

import streamlit as st

from aeexplorer.jobs.searches import search_status
from aeexplorer.training.search.search import all_searches, damaged_searches, remove_damaged_search
from aeexplorer.ui.parts.damaged import show_damaged
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import SearchState
from aeexplorer.ui.session.workspace import workspace

MAX_SEARCHES = 12
"""Searches in the list, the newest ones."""


def list_searches() -> None:
    """Draw a button for each search, the newest first."""
    searches = sorted(all_searches(workspace()), key=lambda search: -float(search.record["created"]))[:MAX_SEARCHES]
    if searches:
        st.markdown("**Earlier searches**")
    show_damaged("search", damaged_searches(workspace()), lambda search: remove_damaged_search(workspace(), search))
    for search in searches:
        status = search_status(search)
        label = f"{escape(search.name)}  \n:small[{len(search.config.space)} settings · {status.done} trials · {status.state}]"
        st.button(label, key=f"search.open.{search.id}", width="stretch", on_click=_open, args=(search.id,))


def _open(search_id: str) -> None:
    state.update(state.current(SearchState), search=search_id)
