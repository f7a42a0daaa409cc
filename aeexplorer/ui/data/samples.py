"""The list of built-in datasets, which load with one click."""

import streamlit as st

from aeexplorer.data.library import builtin_datasets, load_builtin_dataset
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import DataState
from aeexplorer.ui.session.workspace import workspace


def builtin_list(page_state: DataState) -> None:
    """Draw a button with a summary for each built-in dataset, and load the dataset whose button is clicked."""
    chosen = None
    for name, dataset in builtin_datasets().items():
        if st.button(f"**{dataset.title}**  \n{dataset.summary}", key=f"data.load.{name}", width="stretch", wrap=True):
            chosen = name
    if chosen:
        placeholder = st.empty()
        with show_errors():
            bar = placeholder.progress(0.0, f"Loading {builtin_datasets()[chosen].title}")
            try:
                loaded = load_builtin_dataset(workspace(), chosen, lambda done, text: bar.progress(min(done, 1.0), text) and None)
            finally:
                placeholder.empty()
            state.update(page_state, dataset=loaded.id)
            st.rerun()
