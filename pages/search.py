"""Search: try many settings, and see which ones do well."""

import streamlit as st

from aeexplorer.ui.search.form import search_form
from aeexplorer.ui.search.listing import list_searches
from aeexplorer.ui.search.live import show_search
from aeexplorer.ui.session.page_states import SearchState
from aeexplorer.ui.session.state import current
from aeexplorer.ui.train.choose import choose_dataset, choose_preset

PAGE = {"title": "Search", "icon": ":material/manage_search:", "order": 5}

page_state = current(SearchState)
if page_state.search:
    show_search(page_state)
else:
    main, side = st.columns([4, 1], gap="medium")
    with main:
        if dataset := choose_dataset(page_state):
            search_form(page_state, dataset, choose_preset(page_state, dataset))
    with side:
        list_searches()
