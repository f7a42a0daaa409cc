"""The page Explore without any run that can be explored."""

import streamlit as st

from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import DataState, TrainState
from aeexplorer.ui.session.workspace import ListedRun


def show_empty(listed: list[ListedRun]) -> None:
    """Draw what to do first: wait for a training, upload data or train."""
    running = [entry for entry in listed if entry.status.active]
    with st.container(horizontal_alignment="center", vertical_alignment="center", height="stretch"):
        st.space("large")
        st.subheader("Nothing to explore yet")
        if running:
            st.markdown(f"**{running[0].row.name}** is being trained. Its latent space appears here when the training is done.")
            if st.button("Watch it", type="primary", icon=":material/monitoring:", key="explore.watch"):
                state.visit(TrainState, run=running[0].row.id)
            return
        st.markdown("Upload samples and train an autoencoder on them. Its latent space appears here.")
        with st.container(horizontal=True, horizontal_alignment="center"):
            if st.button("Bring your data", type="primary", icon=":material/upload:", key="explore.data"):
                state.visit(DataState)
            if st.button("Train on existing data", icon=":material/model_training:", key="explore.train"):
                state.visit(TrainState)
