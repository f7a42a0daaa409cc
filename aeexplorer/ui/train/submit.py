"""The form that starts a run."""

import streamlit as st
import torch

from aeexplorer.data.dataset import Dataset
from aeexplorer.jobs import submit
from aeexplorer.models.presets import Preset
from aeexplorer.training.config import RunConfig
from aeexplorer.training.create import find_run
from aeexplorer.training.folds import create_folds
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import TrainState
from aeexplorer.ui.session.workspace import workspace


def submit_form(page_state: TrainState, config: RunConfig | None, dataset: Dataset, preset: Preset) -> None:
    """Draw the name, the device and the button that queues the run, or the runs of all folds, and opens it.

    Without valid settings, the button waits.
    """
    suggestion = f"{preset.title} on {dataset.name}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name of the run", placeholder=suggestion, max_chars=80, key="train.name", width=360)
        device = _choose_device()
        is_wanted = st.button("Train", type="primary", icon=":material/play_arrow:", key="train.start", disabled=config is None)
        if is_wanted and config is not None:
            is_new = find_run(workspace(), config) is None
            runs = create_folds(workspace(), config, " ".join(name.split()) or suggestion, preset.name)
            for run in runs:
                submit(workspace(), run, device)
            state.update(page_state, run=runs[config.fold if config.folds > 1 else 0].id)
            if not is_new:
                st.toast("A run with the same settings exists already. It is opened here.", icon=":material/content_copy:")
            st.rerun()


def _choose_device() -> str:
    if not torch.cuda.is_available():
        return "cpu"
    device = st.segmented_control("Device", ["auto", "cpu", "cuda"], default="auto", required=True, key="train.device")
    return str(device)
