"""Choice of the dataset and of the preset that a training starts from."""

import streamlit as st

from aeexplorer.data.dataset import Dataset
from aeexplorer.models.fitting import presets_for, recommended_preset
from aeexplorer.models.presets import Preset
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import DataState, SearchState, TrainState
from aeexplorer.ui.session.workspace import dataset_of, usable_datasets


def choose_dataset(page_state: TrainState | SearchState) -> Dataset | None:
    """Draw a list of the datasets and return the chosen one; without datasets, draw a link to Data and return None."""
    rows = {row.id: row for row in usable_datasets()}
    if not rows:
        st.info(
            "There is no dataset yet. Upload your own data or load a built-in dataset on the page Data.",
            icon=":material/database:",
        )
        if st.button("Go to Data", type="primary", icon=":material/upload:", key="train.data"):
            state.visit(DataState)
        return None
    if page_state.dataset not in rows:
        page_state = state.update(page_state, dataset=next(iter(rows)))
    st.selectbox(
        "Dataset",
        list(rows),
        format_func=lambda row: f"{rows[row].name} · {rows[row].n:,} {rows[row].modalities} samples",
        **state.bound(type(page_state), "dataset"),
    )
    return dataset_of(page_state.dataset)


def choose_preset(page_state: TrainState | SearchState, dataset: Dataset) -> Preset:
    """Draw the presets that fit the dataset, and return the chosen one or, if none is chosen, the recommended one."""
    presets = presets_for(dataset.main_field)
    if page_state.preset not in presets:
        page_state = state.update(page_state, preset=recommended_preset(dataset.main_field))
    st.pills(
        "Autoencoder",
        list(presets),
        format_func=lambda name: presets[name].title,
        required=True,
        wrap=True,
        **state.bound(type(page_state), "preset"),
    )
    preset = presets[page_state.preset]
    st.markdown(f":small[{preset.summary}]")
    return preset
