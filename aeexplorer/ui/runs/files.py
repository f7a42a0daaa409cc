"""Loading of models from files: run files, weights, and models that were trained elsewhere."""

import streamlit as st

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.confined import Upload
from aeexplorer.exchange.load import load_model
from aeexplorer.training.run import Run
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import RunsState
from aeexplorer.ui.session.workspace import dataset_of, listed_runs, run_of, usable_datasets, workspace

_UPLOADER_VERSION = "runs.import round"
_HELP = """A run file (.aerun); weights (.safetensors) for the settings of a run; an ONNX pair (encoder.onnx and decoder.onnx, \
or a zip of the two); a diffusers AutoencoderKL or VQModel (config.json and its .safetensors, or a zip of the folder). \
Pickles (.pt, .pth, .ckpt) are not opened."""


def import_form(page_state: RunsState) -> None:
    """Draw the uploader and the choices that the files need, and open the run in the list once it is loaded."""
    with st.expander("Load a model", icon=":material/upload:", key="runs.load"):
        files = st.file_uploader(
            "Run file, weights, ONNX pair or diffusers folder",
            accept_multiple_files=True,
            key=f"runs.file.{state.setdefault(_UPLOADER_VERSION, 0)}",
            help=_HELP,
        )
        if not files:
            return
        uploads = [Upload(file.name, file) for file in files]
        names = [file.name.lower() for file in files]
        if names[0].endswith(".aerun"):
            _load(page_state, uploads)
        elif len(names) == 1 and names[0].endswith(".safetensors"):
            settings_of = _choose_run()
            if st.button("Load", type="primary", key="runs.load.weights", disabled=settings_of is None):
                _load(page_state, uploads, like=settings_of)
        else:
            dataset = _choose_dataset()
            if st.button("Load", type="primary", key="runs.load.model", disabled=dataset is None):
                _load(page_state, uploads, dataset=dataset)


def _choose_run() -> Run | None:
    """Draw a list of runs and return the run whose settings the weights are for."""
    titles = {run.row.id: run.title for run in listed_runs()}
    chosen = st.selectbox(
        "Weights for the settings of",
        list(titles),
        format_func=lambda run: titles[run],
        index=None,
        placeholder="choose a run",
        key="runs.load.like",
        help="The new run gets the dataset and the model settings of this run, with the weights from the file.",
    )
    return run_of(chosen) if chosen else None


def _choose_dataset() -> Dataset | None:
    """Draw a list of datasets of pictures and return the dataset that the model is opened with."""
    rows = {row.id: row for row in usable_datasets() if row.modalities == "image"}
    chosen = st.selectbox(
        "Open the model with the pictures of",
        list(rows),
        format_func=lambda row: f"{rows[row].name} · {rows[row].n:,} samples",
        index=None,
        placeholder="choose a dataset",
        key="runs.load.data",
        help="Pictures with the size and the channels that the model expects. All of them are encoded once.",
    )
    return dataset_of(chosen) if chosen else None


def _load(page_state: RunsState, uploads: list[Upload], dataset: Dataset | None = None, like: Run | None = None) -> None:
    with show_errors():
        with st.spinner("Checking and loading"):
            run = load_model(workspace(), uploads, dataset, like)
        state.put({_UPLOADER_VERSION: state.setdefault(_UPLOADER_VERSION, 0) + 1})
        state.update(page_state, run=run.id)
        st.rerun()
