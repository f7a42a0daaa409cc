"""Explore before there is anything to explore."""

import streamlit as st

from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import DataState, TrainState
from aeexplorer.ui.session.workspace import ListedRun


def show_empty(listed: list[ListedRun]) -> None:
    """Say what to do."""
    running = [one for one in listed if one.status.active]
    with st.container(horizontal_alignment="center", vertical_alignment="center", height="stretch"):
        st.space("large")
        st.subheader("Nothing to explore yet")
        if running:
            st.markdown(f"**{running[0].row.name}** is being trained. Its latent space appears here when it is done.")
            if st.button("Watch it", type="primary", icon=":material/monitoring:", key="explore.watch"):
                state.visit(TrainState, run=running[0].row.id)
            return
        st.markdown("Bring samples in, train an autoencoder on them, and its latent space appears here.")
        with st.container(horizontal=True, horizontal_alignment="center"):
            if st.button("Bring your data", type="primary", icon=":material/upload:", key="explore.data"):
                state.visit(DataState)
            if st.button("Train on what is there", icon=":material/model_training:", key="explore.train"):
                state.visit(TrainState)
