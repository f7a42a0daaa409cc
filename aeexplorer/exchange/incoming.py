"""Check uploaded model files in a confined process before this process uses them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import torch

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import write_array
from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.confined import Progress, Upload, ignore_progress, run_confined, spool
from aeexplorer.data.uploads.options import IngestLimits
from aeexplorer.modalities.base import modality_of
from aeexplorer.models.config import LoadedModel
from aeexplorer.models.loaded.base import require_pictures
from aeexplorer.models.loaded.onnx import Onnx
from aeexplorer.training.checkpoint import load_checkpoint
from aeexplorer.training.run import Run

LIMITS = IngestLimits(memory_mb=4096, seconds=300)
CHECKED_SAMPLES = 4
"""Samples that an uploaded model is checked on."""


def check_model_files(
    uploads: Sequence[Upload], dataset: Dataset | None, folder: Path, progress: Progress = ignore_progress
) -> Mapping[str, Any]:
    """Recognise and check model files in a confined process.

    Parameters
    ----------
    uploads
        The files.
    dataset
        Pictures to check the model on; None for files that bring their own dataset or need none.
    folder
        An empty folder. The accepted files are written there, under the names in `aeexplorer.exchange.check.FILE_NAMES`.
    progress
        Receives the fraction that is done and a text.

    Returns
    -------
    Mapping
        Plain data: ``kind`` (run, weights, onnx or diffusers), ``shown`` (file names of the model's parts), and ``model``
        (its settings, for onnx and diffusers).

    Raises
    ------
    UploadRejected
        If the files are not a model that can be loaded, or the model fails on the samples.
    UserError
        If the dataset holds other data than pictures.
    """
    files = [{"name": u.name, "path": str(spool(u, folder / f"input{i}"))} for i, u in enumerate(uploads)]
    samples = ""
    if dataset is not None:
        samples = str(folder / "samples.npy")
        write_array(Path(samples), _sample_pictures(dataset))
    shown = uploads[0].name if len(uploads) == 1 else f"the upload of {len(uploads):,} files"
    run_confined("aeexplorer.exchange.check", {"files": files, "samples": samples}, LIMITS, folder, shown, progress)
    result: Mapping[str, Any] = orjson.loads((folder / "result.json").read_bytes())
    return result


def require_safe_graphs(run: Run, folder: Path) -> None:
    """Check the ONNX graphs of an unpacked run in a confined process before they are run here.

    The checks are those of an uploaded ONNX pair. Runs of other models pass unchecked.

    Parameters
    ----------
    run
        The unpacked run.
    folder
        A folder for temporary files.

    Raises
    ------
    UploadRejected
        If the graphs would not be accepted as an ONNX pair.
    UserError
        If the graphs are not those described by the run's settings.
    """
    config, checkpoint = run.config.model, load_checkpoint(run.folder / "checkpoint")
    if not isinstance(config, LoadedModel) or not isinstance(config.loaded, Onnx) or checkpoint is None:
        return
    graphs = {name: tensor for name, tensor in checkpoint.final_weights.items() if name.endswith(".graph.content")}
    halves = {half: [t for name, t in graphs.items() if name.startswith(f"{half}s.")] for half in ("encoder", "decoder")}
    uploads = [Upload(f"{half}.onnx", bytes(t.numpy().tobytes())) for half, tensors in halves.items() for t in tensors]
    inner = folder / "graphs"
    inner.mkdir()
    result = check_model_files(uploads, run.dataset, inner)
    if Onnx.model_validate(result["model"]) != config.loaded:
        raise UserError("its ONNX graphs do not match its settings", "Choose a file written by export")


def _sample_pictures(dataset: Dataset) -> np.ndarray:
    """Return `CHECKED_SAMPLES` pictures in x-space, float32 ``(n, channels, height, width)``."""
    modalities = {name: modality_of(field) for name, field in dataset.fields.items()}
    (name,) = require_pictures(modalities)
    ids = np.linspace(0, dataset.n - 1, CHECKED_SAMPLES).astype(np.int64)
    raw = torch.from_numpy(np.array(dataset.fields[name].array[ids]))
    return modalities[name].prepare(raw).numpy()
