"""Loading a model from files: a run from here or another machine, weights, or what was made elsewhere."""

import streamlit as st

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.confined import Upload
from aeexplorer.exchange.load import load_model
from aeexplorer.training.run import Run
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import RunsState
from aeexplorer.ui.session.workspace import catalogue, dataset_of, listed_runs, run_of, workspace

_ROUND = "runs.import round"
_FILES = """A run file (.aerun); weights (.safetensors) for the settings of a run; an ONNX pair (encoder.onnx and decoder.onnx, \
or a zip of the two); a diffusers AutoencoderKL or VQModel (config.json and its .safetensors, or a zip of the folder). \
Pickles (.pt, .pth, .ckpt) are not opened."""


def import_form(page_state: RunsState) -> None:
    """Takes the files and what they do not say themselves; once loaded the run is opened in the list."""
    with st.expander("Load a model", icon=":material/upload:", key="runs.load"):
        files = st.file_uploader(
            "Run file, weights, ONNX pair or diffusers folder",
            accept_multiple_files=True,
            key=f"runs.file.{state.setdefault(_ROUND, 0)}",
            help=_FILES,
        )
        if not files:
            return
        uploads = [Upload(file.name, file) for file in files]
        names = [file.name.lower() for file in files]
        if names[0].endswith(".aerun"):
            _load(page_state, uploads)
        elif len(names) == 1 and names[0].endswith(".safetensors"):
            like = _choose_run()
            if st.button("Load", type="primary", key="runs.load.weights", disabled=like is None):
                _load(page_state, uploads, like=like)
        else:
            dataset = _choose_pictures()
            if st.button("Load", type="primary", key="runs.load.model", disabled=dataset is None):
                _load(page_state, uploads, dataset=dataset)


def _choose_run() -> Run | None:
    """The run whose settings the weights are for."""
    titles = {one.row.id: one.title for one in listed_runs()}
    chosen = st.selectbox(
        "Weights for the settings of",
        list(titles),
        format_func=lambda run: titles[run],
        index=None,
        placeholder="choose a run",
        key="runs.load.like",
        help="The run has the same dataset and model; the weights make a run of their own.",
    )
    return run_of(chosen) if chosen else None


def _choose_pictures() -> Dataset | None:
    """The dataset that a model from elsewhere is opened with."""
    rows = {row.id: row for row in catalogue().datasets() if row.modalities == "image"}
    chosen = st.selectbox(
        "Open it with the pictures of",
        list(rows),
        format_func=lambda row: f"{rows[row].name} · {rows[row].n:,} samples",
        index=None,
        placeholder="choose a dataset",
        key="runs.load.data",
        help="Pictures of the size and channels that the model was made for. All of them are encoded once.",
    )
    return dataset_of(chosen) if chosen else None


def _load(page_state: RunsState, uploads: list[Upload], dataset: Dataset | None = None, like: Run | None = None) -> None:
    with show_errors():
        with st.spinner("Checking and loading"):
            run = load_model(workspace(), uploads, dataset, like)
        state.put({_ROUND: state.setdefault(_ROUND, 0) + 1})
        state.update(page_state, run=run.id)
        st.rerun()
