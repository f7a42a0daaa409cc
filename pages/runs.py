"""Runs: everything that was trained here, and files of runs to take elsewhere."""

import streamlit as st

from aeexplorer.ui.runs.files import import_form
from aeexplorer.ui.runs.listing import choose_run
from aeexplorer.ui.runs.one import show_run
from aeexplorer.ui.state import RunsState, current
from aeexplorer.ui.stored import listed_runs

PAGE = {"title": "Runs", "icon": ":material/list:", "order": 3}

shown = current(RunsState)
listed = listed_runs()
left, right = st.columns([3, 2], gap="medium")
with left:
    chosen = choose_run(shown, listed)
with right:
    if chosen:
        show_run(shown, chosen)
    elif listed:
        st.markdown(":gray[Choose a run in the list.]")
    import_form(shown)
