"""Import of a dataset from the Hugging Face hub, by name."""

import streamlit as st

from aeexplorer.core.settings import parse
from aeexplorer.data.ingest.hub import HubChoice, add_from_hub
from aeexplorer.data.uploads.limits import UploadLimits
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import DataState
from aeexplorer.ui.session.workspace import workspace


def hub_form(page_state: DataState) -> None:
    """Draw name, configuration and split of a dataset, and the button that downloads and stores the dataset."""
    with st.form("data.hub", border=False):
        name = st.text_input(
            "Name",
            key="data.hub.name",
            placeholder="OWNER/NAME",
            help="As on huggingface.co/datasets, or the address of its page.",
        )
        first, second = st.columns(2)
        config = first.text_input(
            "Configuration", key="data.hub.config", help="For datasets with several configurations. Empty takes the only one."
        )
        split = second.text_input(
            "Split", "train", key="data.hub.split", help="Part of the dataset to download. It is split again here."
        )
        if not st.form_submit_button("Load", icon=":material/download:", key="data.hub.load"):
            return
    placeholder = st.empty()
    with show_errors():
        limit = min(2000, UploadLimits.from_environment().per_file_mb)
        choice = parse(HubChoice, {"name": name, "config": config.strip(), "split": split.strip(), "limit_mb": limit})
        with placeholder.container(horizontal=True, vertical_alignment="center"):
            bar = st.progress(0.0, "Contacting the hub")
            st.button("Cancel", key="data.hub.cancel", icon=":material/close:")  # a click reruns the page, which ends the import
        try:
            dataset = add_from_hub(workspace(), choice, progress=lambda done, text: bar.progress(min(done, 1.0), text) and None)
        finally:
            placeholder.empty()
        state.update(page_state, dataset=dataset.id)
        st.rerun()
