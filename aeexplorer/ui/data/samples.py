"""The built-in datasets, loaded with one click."""

import streamlit as st

from aeexplorer.data.library import builtin_datasets, load_builtin_dataset
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import DataState
from aeexplorer.ui.session.workspace import workspace


def sample_list(page_state: DataState) -> None:
    """One button a set, which says what is in it and loads it."""
    wanted = None
    for name, sample in builtin_datasets().items():
        if st.button(f"**{sample.title}**  \n{sample.summary}", key=f"data.load.{name}", width="stretch", wrap=True):
            wanted = name
    if wanted:
        place = st.empty()
        with show_errors():
            bar = place.progress(0.0, f"Loading {builtin_datasets()[wanted].title}")
            try:
                dataset = load_builtin_dataset(
                    workspace(), wanted, lambda done, text: bar.progress(min(done, 1.0), text) and None
                )
            finally:
                place.empty()
            state.update(page_state, dataset=dataset.id)
            st.rerun()
