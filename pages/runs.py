"""Runs: all trained runs, and their files to download or load."""

import streamlit as st

from aeexplorer.ui.parts.damaged import show_damaged
from aeexplorer.ui.parts.gone import show_gone
from aeexplorer.ui.runs.files import import_form
from aeexplorer.ui.runs.listing import choose_runs
from aeexplorer.ui.runs.one import remove_stored_run, show_run
from aeexplorer.ui.runs.several import show_several
from aeexplorer.ui.session.page_states import RunsState
from aeexplorer.ui.session.state import current, update
from aeexplorer.ui.session.workspace import damaged_runs, is_run, listed_runs

PAGE = {"title": "Runs", "icon": ":material/list:", "order": 3}

page_state = current(RunsState)
listed = listed_runs()
if page_state.run and not is_run(page_state.run):
    show_gone("run", "Show all runs", lambda: update(RunsState()))
    st.stop()
left, right = st.columns([3, 2], gap="medium")
with left:
    chosen = choose_runs(page_state, listed)
    show_damaged("run", damaged_runs(), remove_stored_run)
with right:
    if len(chosen) == 1:
        show_run(page_state, chosen[0])
    elif chosen:
        show_several(chosen)
    elif listed:
        st.markdown(":gray[Choose a run in the list, or several to compare them.]")
    import_form(page_state)
