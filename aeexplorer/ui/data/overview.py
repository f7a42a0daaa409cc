"""A dataset at a glance: what its samples look like, how many there are of what, how it is divided, what was converted."""

import streamlit as st

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.library import remove_dataset, rename_dataset, runs_using
from aeexplorer.data.split import SPLITS
from aeexplorer.ui import state
from aeexplorer.ui.data.preview import preview
from aeexplorer.ui.state import DataState, TrainState
from aeexplorer.ui.stored import dataset_of, workspace
from aeexplorer.ui.told import told
from aeexplorer.ui.widgets import escape
from aeexplorer.views.class_balance import class_balance


def show_dataset(shown: DataState) -> None:
    """The dataset's page."""
    dataset = dataset_of(shown.dataset)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(escape(dataset.name), width="content")
        st.space("stretch")
        if st.button("Train on this", type="primary", icon=":material/model_training:", key="data.train"):
            state.visit(TrainState, dataset=dataset.id)
        _rename(dataset)
        _remove(shown, dataset)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        preview(dataset)
    with right:
        _figures(dataset)
        if dataset.label_names:
            st.plotly_chart(class_balance(dataset), key="data.balance", config={"displayModeBar": False})
        for note in dataset.notes:
            st.caption(f":material/info: {escape(note)}")


def _figures(dataset: Dataset) -> None:
    counts = {split: len(dataset.ids(split)) for split in SPLITS}
    shapes = "; ".join(f"{field.modality} {' × '.join(map(str, field.shape))}" for field in dataset.fields.values())
    with st.container(horizontal=True):
        st.metric("Samples", f"{dataset.n:,}", width="content")
        st.metric("Labels", f"{len(dataset.label_names):,}", width="content")
        for split, count in counts.items():
            st.metric(split.capitalize(), f"{count:,}", width="content")
    st.caption(f"{shapes} · {dataset.main_field.dtype} · {dataset.id}")


def _rename(dataset: Dataset) -> None:
    with st.popover("Rename", icon=":material/edit:", type="tertiary"), told():
        name = st.text_input("Name", dataset.name, max_chars=80, key=f"data.name.{dataset.id}")
        if st.button("Save", key="data.rename"):
            rename_dataset(workspace(), dataset.id, name)
            st.rerun()


def _remove(shown: DataState, dataset: Dataset) -> None:
    with st.popover("Remove", icon=":material/delete:", type="tertiary"), told():
        users = runs_using(workspace(), dataset.id)
        if users:
            st.markdown(f"{len(users)} {'run uses' if len(users) == 1 else 'runs use'} it. Remove them first, on the page Runs.")
            return
        st.markdown(f"Remove **{escape(dataset.name)}** for good?")
        if st.button("Remove it", type="primary", key="data.remove"):
            remove_dataset(workspace(), dataset.id)
            state.update(shown, dataset="")
            st.rerun()
