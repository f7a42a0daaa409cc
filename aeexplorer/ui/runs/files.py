"""Loading a run that was written to a file, here or on another machine."""

import streamlit as st

from aeexplorer.transfer import import_run
from aeexplorer.ui import state
from aeexplorer.ui.state import RunsState
from aeexplorer.ui.stored import workspace
from aeexplorer.ui.told import told

_ROUND = "runs.import round"


def import_form(shown: RunsState) -> None:
    """Takes a run file; once loaded the run is opened in the list."""
    file = st.file_uploader("Load a run file", type=["aerun"], key=f"runs.file.{state.keep(_ROUND, 0)}")
    if file is None:
        return
    with told():
        with st.spinner("Checking and loading"):
            run = import_run(workspace(), file, file.name)
        state.put({_ROUND: state.keep(_ROUND, 0) + 1})
        state.update(shown, run=run.id)
        st.rerun()
