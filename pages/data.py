"""Data: bring samples in, see what they are."""

import streamlit as st

from aeexplorer.ui.data.actions import undo
from aeexplorer.ui.data.hub import hub_form
from aeexplorer.ui.data.overview import show_dataset
from aeexplorer.ui.data.samples import sample_list
from aeexplorer.ui.data.upload import upload_form
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.state import DataState
from aeexplorer.ui.session.workspace import catalogue

PAGE = {"title": "Data", "icon": ":material/database:", "order": 1}


def choose(dataset: str) -> None:
    state.update(state.current(DataState), dataset=dataset)


shown = state.current(DataState)
rows = catalogue().datasets()
if shown.dataset and shown.dataset not in {row.id for row in rows}:
    st.warning("That dataset is not in this workspace any more.", icon=":material/warning:")
    shown = state.update(shown, dataset="")

side, main = st.columns([1, 4], gap="medium")
with side:
    st.button(
        "Add data",
        key="data.new",
        icon=":material/add:",
        type="secondary" if shown.dataset else "primary",
        width="stretch",
        on_click=choose,
        args=("",),
    )
    for row in rows:
        st.button(
            f"{escape(row.name)}  \n:small[{row.n:,} {row.modalities} samples]",
            key=f"data.open.{row.id}",
            type="primary" if row.id == shown.dataset else "secondary",
            width="stretch",
            on_click=choose,
            args=(row.id,),
        )
    undo(shown)
with main:
    if shown.dataset:
        show_dataset(shown)
    else:
        own, built_in = st.columns([3, 2], gap="medium")
        with own:
            st.subheader("Your own files")
            upload_form(shown)
        with built_in:
            st.subheader("Built in")
            sample_list(shown)
            st.subheader("From the Hugging Face hub")
            hub_form(shown)
