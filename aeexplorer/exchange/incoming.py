"""Having a model from elsewhere looked at by a confined process, before anything of it is used here."""

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
TRIED = 4
"""Samples that a model is tried on."""


def look_at(
    uploads: Sequence[Upload], dataset: Dataset | None, folder: Path, progress: Progress = ignore_progress
) -> Mapping[str, Any]:
    """What the files are, as plain data: ``kind``, ``shown`` (names of the files that count), ``model`` (settings).

    Parameters
    ----------
    uploads
        The files.
    dataset
        The pictures that a model is to be tried on, where there are any.
    folder
        An empty folder; the files that count lie there afterwards, by the names in `aeexplorer.exchange.check.NAMES`.

    Raises
    ------
    UploadRejected
        If they are nothing that can be loaded, or fail on the samples.
    UserError
        If the dataset has other data than pictures.
    """
    files = [{"name": u.name, "path": str(spool(u, folder / f"input{i}"))} for i, u in enumerate(uploads)]
    samples = ""
    if dataset is not None:
        samples = str(folder / "samples.npy")
        write_array(folder / "samples.npy", _samples(dataset))
    shown = uploads[0].name if len(uploads) == 1 else f"the upload of {len(uploads):,} files"
    run_confined("aeexplorer.exchange.check", {"files": files, "samples": samples}, LIMITS, folder, shown, progress)
    found: Mapping[str, Any] = orjson.loads((folder / "result.json").read_bytes())
    return found


def require_checked(run: Run, folder: Path) -> None:
    """Have the graphs in an unpacked run looked at, as those of a pair are, before they are run here.

    Raises
    ------
    UploadRejected
        If they are not what a pair may be.
    UserError
        If they are not those that the run's settings tell of.
    """
    config, checkpoint = run.config.model, load_checkpoint(run.folder / "checkpoint")
    if not isinstance(config, LoadedModel) or not isinstance(config.loaded, Onnx) or checkpoint is None:
        return
    graphs = {name: tensor for name, tensor in checkpoint.final_weights.items() if name.endswith(".graph.content")}
    halves = {half: [t for name, t in graphs.items() if name.startswith(f"{half}s.")] for half in ("encoder", "decoder")}
    uploads = [Upload(f"{half}.onnx", bytes(t.numpy().tobytes())) for half, found in halves.items() for t in found]
    inner = folder / "graphs"
    inner.mkdir()
    found = look_at(uploads, run.dataset, inner)
    if Onnx.model_validate(found["model"]) != config.loaded:
        raise UserError("its ONNX graphs are not those that its settings tell of", "Choose a file written by export")


def _samples(dataset: Dataset) -> np.ndarray:
    """A few pictures in x-space."""
    modalities = {name: modality_of(field) for name, field in dataset.fields.items()}
    (name,) = require_pictures(modalities)
    ids = np.linspace(0, dataset.n - 1, TRIED).astype(np.int64)
    raw = torch.from_numpy(np.array(dataset.fields[name].array[ids]))
    return modalities[name].prepare(raw).numpy()
