"""Search: let many settings be tried, and see which do well."""

import streamlit as st

from aeexplorer.ui.search.form import search_form
from aeexplorer.ui.search.listing import list_searches
from aeexplorer.ui.search.live import show_search
from aeexplorer.ui.session.page_states import SearchState
from aeexplorer.ui.session.state import current
from aeexplorer.ui.train.choose import choose_dataset, choose_preset

PAGE = {"title": "Search", "icon": ":material/manage_search:", "order": 5}

state = current(SearchState)
if state.search:
    show_search(state)
else:
    main, side = st.columns([4, 1], gap="medium")
    with main:
        if dataset := choose_dataset(state):
            search_form(state, dataset, choose_preset(state, dataset))
    with side:
        list_searches()
