"""Overview of a dataset: its samples, its numbers and statistics, and what can be done with it."""

import streamlit as st

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.split import SPLITS
from aeexplorer.ui.data import actions
from aeexplorer.ui.data.preview import preview
from aeexplorer.ui.data.statistics import draw_duplicates, draw_statistics, warn_of_leaks
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import DataState, TrainState
from aeexplorer.ui.session.workspace import dataset_of
from aeexplorer.views.charts.class_balance import class_balance


def show_dataset(page_state: DataState) -> None:
    """Draw the overview of the dataset that the page shows."""
    dataset = dataset_of(page_state.dataset)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(escape(dataset.name), width="content")
        st.space("stretch")
        if st.button("Train on this", type="primary", icon=":material/model_training:", key="data.train"):
            state.visit(TrainState, dataset=dataset.id)
        actions.rename(dataset)
        actions.split(page_state, dataset)
        actions.scale(page_state, dataset)
        actions.download(dataset)
        actions.remove(page_state, dataset)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        preview(dataset)
    with right:
        _draw_numbers(dataset)
        warn_of_leaks(dataset)
        labels, values, duplicates = st.tabs(["Labels", "Values", "Duplicates"])
        with labels:
            st.plotly_chart(class_balance(dataset), key="data.balance", config={"displayModeBar": False})
        with values:
            draw_statistics(dataset)
        with duplicates:
            draw_duplicates(dataset)
        for note in dataset.notes:
            st.caption(f":material/info: {escape(note)}")


def _draw_numbers(dataset: Dataset) -> None:
    counts = {split: len(dataset.ids(split)) for split in SPLITS}
    shapes = "; ".join(f"{field.modality} {' × '.join(map(str, field.shape))}" for field in dataset.fields.values())
    with st.container(horizontal=True):
        st.metric("Samples", f"{dataset.n:,}", width="content")
        st.metric("Labels", f"{len(dataset.label_names):,}", width="content")
        for split, count in counts.items():
            st.metric(split.capitalize(), f"{count:,}", width="content")
    st.caption(f"{shapes} · {dataset.main_field.dtype} · {dataset.id}")
