"""The page Explore without a run that can be explored, or with the link to a run that cannot."""

import streamlit as st

from aeexplorer.ui.parts.gone import show_gone
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import DataState, ExploreState, TrainState
from aeexplorer.ui.session.workspace import ListedRun, is_run


def show_unready(run_id: str) -> None:
    """Say that the run of the address is gone or has no results yet, and draw nothing else."""
    if not is_run(run_id):
        show_gone("run", "Open the newest run", _leave)
        return
    st.info("This run has no results to explore yet.", icon=":material/hourglass_empty:")
    if st.button("Watch its training", icon=":material/monitoring:", key="explore.watch named"):
        state.visit(TrainState, run=run_id)


def _leave() -> None:
    state.update(ExploreState())


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
