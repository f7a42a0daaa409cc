"""Choosing what to train on and where to start from."""

import streamlit as st

from aeexplorer.data.dataset import Dataset
from aeexplorer.models.fitting import presets_for, recommended_preset
from aeexplorer.models.presets import Preset
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import DataState, SearchState, TrainState
from aeexplorer.ui.session.workspace import catalogue, dataset_of


def choose_dataset(page_state: TrainState | SearchState) -> Dataset | None:
    """A list of the datasets here; None, with the way to bring one in, where there is none."""
    rows = {row.id: row for row in catalogue().datasets()}
    if not rows:
        st.info("There is no dataset here yet. Bring your own, or load a built-in one.", icon=":material/database:")
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
    """The presets that fit the dataset's modality, and what the chosen one is; where none is chosen, the proposed one is."""
    fitting = presets_for(dataset.main_field)
    if page_state.preset not in fitting:
        page_state = state.update(page_state, preset=recommended_preset(dataset.main_field))
    st.pills(
        "Autoencoder",
        list(fitting),
        format_func=lambda n: fitting[n].title,
        required=True,
        wrap=True,
        **state.bound(type(page_state), "preset"),
    )
    chosen = fitting[page_state.preset]
    st.markdown(f":small[{chosen.summary}]")
    return chosen
