"""Data: add datasets, and see what they contain."""

import streamlit as st

from aeexplorer.data.library import remove_dataset
from aeexplorer.ui.data.actions import undo
from aeexplorer.ui.data.hub import hub_form
from aeexplorer.ui.data.overview import show_dataset
from aeexplorer.ui.data.samples import builtin_list
from aeexplorer.ui.data.upload import upload_form
from aeexplorer.ui.parts.damaged import show_damaged
from aeexplorer.ui.parts.gone import show_gone
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import DataState
from aeexplorer.ui.session.workspace import damaged_datasets, usable_datasets, workspace

PAGE = {"title": "Data", "icon": ":material/database:", "order": 1}


def choose(dataset: str) -> None:
    state.update(state.current(DataState), dataset=dataset)


page_state = state.current(DataState)
rows = usable_datasets()
is_gone = bool(page_state.dataset) and page_state.dataset not in {row.id for row in rows}

side, main = st.columns([1, 4], gap="medium")
with side:
    st.button(
        "Add data",
        key="data.new",
        icon=":material/add:",
        type="secondary" if page_state.dataset else "primary",
        width="stretch",
        on_click=choose,
        args=("",),
    )
    for row in rows:
        st.button(
            f"{escape(row.name)}  \n:small[{row.n:,} {row.modalities} samples]",
            key=f"data.open.{row.id}",
            type="primary" if row.id == page_state.dataset else "secondary",
            width="stretch",
            on_click=choose,
            args=(row.id,),
        )
    show_damaged("dataset", damaged_datasets(), lambda dataset: remove_dataset(workspace(), dataset))
    undo(page_state)
with main:
    if is_gone:
        show_gone("dataset", "Add data", lambda: choose(""))
    elif page_state.dataset:
        show_dataset(page_state)
    else:
        own, built_in = st.columns([3, 2], gap="medium")
        with own:
            st.subheader("Your own files")
            upload_form(page_state)
        with built_in:
            st.subheader("Built in")
            builtin_list(page_state)
            st.subheader("From the Hugging Face hub")
            hub_form(page_state)
