"""Load a model from a run file, weights for the settings of a run, an ONNX pair or a diffusers folder."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from aeexplorer.core.errors import UploadRejected, UserError
from aeexplorer.core.registry import collect
from aeexplorer.core.settings import parse
from aeexplorer.core.workspace import Workspace, read_array, staging_folder
from aeexplorer.data.dataset import Dataset, clean_name
from aeexplorer.data.ingest.confined import Progress, Upload, ignore_progress
from aeexplorer.data.ingest.ingest import uploads_at
from aeexplorer.exchange.check import FILE_NAMES
from aeexplorer.exchange.finished import create_finished_run
from aeexplorer.exchange.incoming import check_model_files
from aeexplorer.exchange.run_files.transfer import import_run
from aeexplorer.exchange.sniff import ACCEPTED_FILES
from aeexplorer.exchange.weights import import_weights, read_weights
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.config import LOADED, LoadedModel
from aeexplorer.models.loaded.diffusers import IGNORED_KEYS
from aeexplorer.models.parts import PartSettings
from aeexplorer.training.config import RunConfig
from aeexplorer.training.create import find_run
from aeexplorer.training.run import Run

_OLD_NAMES = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
"""Name of an attention matrix in diffusers → its name before version 0.18."""
_SAVE_AGAIN = "Save the model again with save_pretrained"


def load_model(
    workspace: Workspace,
    uploads: Sequence[Upload],
    dataset: Dataset | None = None,
    like: Run | None = None,
    name: str = "",
    progress: Progress = ignore_progress,
) -> Run:
    """Load a model as a finished run.

    Parameters
    ----------
    workspace
        The workspace to store the run in. It is unchanged if the files are rejected.
    uploads
        One file, which may be a zip, or the files of a folder.
    dataset
        Pictures to open the model with. Required for ONNX pairs and diffusers folders.
    like
        The run whose dataset and settings the weights are for. Required for weights.
    name
        Name of the run, for people; by default the name of the file.
    progress
        As in `aeexplorer.data.ingest.ingest.ingest`.

    Returns
    -------
    Run
        The stored run; the existing one if the workspace already holds it.

    Raises
    ------
    UploadRejected
        If the files cannot be loaded. The message names the file, the tensor, input or setting, the reason and the fix.
    UserError
        If the dataset or the run is missing, or the package that runs such a model is not installed.
    """
    with staging_folder(workspace.staging) as folder:
        result = check_model_files(uploads, dataset, folder, progress)
        if result["kind"] == "run":
            return _load_run_file(workspace, uploads[0], folder / "input0")
        if result["kind"] == "weights":
            return _load_weights(workspace, result["shown"]["weights"], folder, like, name)
        assert dataset is not None
        model, weights = (_read_onnx if result["kind"] == "onnx" else _read_diffusers)(result, dataset, folder)
        config = RunConfig.model_validate({"dataset": dataset.id, "model": model})
        if stored := find_run(workspace, config):
            return stored
        progress(0.5, "encoding the dataset")
        title = type(model.loaded).title
        default = PurePath(uploads[0].name).stem.removesuffix(".onnx") if len(uploads) == 1 else f"{dataset.name} · {title}"
        preset = model.loaded.kind.replace("_", "-")
        later: Progress = lambda fraction, text: progress(0.5 + 0.5 * fraction, text)  # noqa: E731 (one line, used once)
        return create_finished_run(workspace, config, weights, clean_name(name or default), preset, later)


def find_uploads(path: Path) -> list[Upload]:
    """List the files at a path: the file itself, or the files of a folder.

    Raises
    ------
    UploadRejected
        If there is no file at the path, or the folder is empty.
    """
    source = path.expanduser()
    if source.is_file() or (source.is_dir() and any(source.iterdir())):
        return uploads_at(source)
    raise UploadRejected(str(path), "", "there is no such file", f"Choose {ACCEPTED_FILES}")


def _load_run_file(workspace: Workspace, upload: Upload, spooled: Path) -> Run:
    if isinstance(upload.content, Path):
        return import_run(workspace, upload.content)
    with spooled.open("rb") as content:
        return import_run(workspace, content, upload.name)


def _load_weights(workspace: Workspace, shown: str, folder: Path, like: Run | None, name: str) -> Run:
    if like is None:
        raise UserError(f"{shown} holds weights but no settings", "Choose the run whose settings they are for (--like RUN)")
    return import_weights(workspace, like.config, folder / FILE_NAMES["weights"], name, str(like.record["preset"]), shown)


def _read_onnx(result: Mapping[str, Any], dataset: Dataset, folder: Path) -> tuple[LoadedModel, dict[str, Tensor]]:
    """Read the settings of a checked pair, and its weights: the bytes of both graphs, and the codebook if there is one."""
    model = LoadedModel.model_validate({"loaded": result["model"]})
    field = dataset.main_field.name
    weights = {
        f"{half}s.{field}.graph.content": torch.from_numpy(np.fromfile(folder / FILE_NAMES[half], np.uint8))
        for half in ("encoder", "decoder")
    }
    if (folder / "table.npy").exists():
        weights["bottleneck.table"] = torch.from_numpy(np.array(read_array(folder / "table.npy")))
    return model, weights


def _read_diffusers(result: Mapping[str, Any], dataset: Dataset, folder: Path) -> tuple[LoadedModel, dict[str, Tensor]]:
    """Read the settings of a config.json, and the weights, by the names of `Autoencoder.state_dict`."""
    path, shown = folder / FILE_NAMES["weights"], result["shown"]["weights"]
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    model = _parse_settings(result["model"], result["shown"]["config"], digest)
    with torch.device("meta"):
        expected = Autoencoder(model, dataset.fields).state_dict()
    old = _has_old_names(path)
    names = {_name_in_file(name, dataset.main_field.name, old): name for name in expected}
    tensors = read_weights(path, shown, {file_name: expected[name] for file_name, name in names.items()})
    return model, {names[file_name]: tensor for file_name, tensor in tensors.items()}


def _parse_settings(config: Mapping[str, Any], shown: str, digest: str) -> LoadedModel:
    """Parse a config.json into settings. Raise `UploadRejected` for a setting that is unknown or out of bounds."""
    classes = {kind.class_name: kind for kind in collect(LOADED, PartSettings).values() if hasattr(kind, "class_name")}
    kind = classes.get(str(config.get("_class_name")))
    if kind is None:
        reason = f"its _class_name is {str(config.get('_class_name'))[:80]!r}"
        raise UploadRejected(shown, "_class_name", reason, f"Choose a folder of {' or '.join(classes)}")
    values = {key: value for key, value in config.items() if not key.startswith("_") and key not in IGNORED_KEYS}
    try:
        settings = parse(kind, {**values, "kind": kind.name, "sha256": digest})
    except UserError as error:
        raise UploadRejected(shown, "", error.reason, f"{error.fix}. {_SAVE_AGAIN}") from None
    return LoadedModel(loaded=settings)


def _name_in_file(name: str, field: str, old: bool) -> str:
    """Return the name that diffusers gives to a tensor of `Autoencoder.state_dict`."""
    name = name.removeprefix(f"encoders.{field}.").removeprefix(f"decoders.{field}.")
    name = name.replace("bottleneck.table", "quantize.embedding.weight")
    if old and ".attentions." in name:
        for new_name, old_name in _OLD_NAMES.items():
            name = name.replace(f".{new_name}.", f".{old_name}.")
    return name


def _has_old_names(path: Path) -> bool:
    try:
        with safe_open(path, "pt") as file:
            return any(name.endswith(".query.weight") for name in file.keys())  # noqa: SIM118 (not a mapping)
    except SafetensorError:
        return False  # `read_weights` raises the error
