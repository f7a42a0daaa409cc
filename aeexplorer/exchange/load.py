"""Loading a model, whatever file it comes in: a run file, weights for the settings of a run, an ONNX pair, a diffusers folder."""

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
from aeexplorer.exchange.check import NAMES
from aeexplorer.exchange.finished import finished_run
from aeexplorer.exchange.incoming import look_at
from aeexplorer.exchange.run_files.transfer import import_run
from aeexplorer.exchange.sniff import KNOWN
from aeexplorer.exchange.weights import import_weights, read_weights
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.config import LOADED, LoadedModel
from aeexplorer.models.loaded.diffusers import IGNORED_KEYS
from aeexplorer.models.parts import PartSettings
from aeexplorer.training.config import RunConfig
from aeexplorer.training.run import Run

_OLD_NAMES = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
"""What diffusers called the matrices of attention before version 0.18."""
_SAVED = "Save the model again with save_pretrained"


def load_model(
    workspace: Workspace,
    uploads: Sequence[Upload],
    dataset: Dataset | None = None,
    like: Run | None = None,
    name: str = "",
    progress: Progress = ignore_progress,
) -> Run:
    """The finished run that a model in some files becomes; one that is here already is returned as it is.

    Parameters
    ----------
    workspace
        Where it goes; its tree is unchanged when the files are refused.
    uploads
        One file (a zip is looked into), or those of a folder.
    dataset
        For a model from elsewhere: the pictures that it is opened with.
    like
        For weights: the run whose dataset and settings they are for.
    name
        What people call the run; by default the file's name.
    progress
        As in `aeexplorer.data.ingest.ingest.ingest`.

    Raises
    ------
    UploadRejected
        Naming the file, the tensor, input or setting that is wrong, the reason and the fix.
    UserError
        If the dataset or the run is missing, or what runs such a model is not installed.
    """
    with staging_folder(workspace.staging) as folder:
        found = look_at(uploads, dataset, folder, progress)
        if found["kind"] == "run":
            return _run_file(workspace, uploads[0], folder / "input0")
        if found["kind"] == "weights":
            return _weights(workspace, found["shown"]["weights"], folder, like, name)
        assert dataset is not None
        model, weights = (_onnx if found["kind"] == "onnx" else _diffusers)(found, dataset, folder)
        config = RunConfig.model_validate({"dataset": dataset.id, "model": model})
        stored = Run(workspace.run_folder(config.run_id))
        if (stored.folder / "run.json").exists():
            return stored
        progress(0.5, "encoding the dataset")
        title = type(model.loaded).title
        called = PurePath(uploads[0].name).stem.removesuffix(".onnx") if len(uploads) == 1 else f"{dataset.name} · {title}"
        return finished_run(workspace, config, weights, clean_name(name or called), model.loaded.kind.replace("_", "-"))


def uploads_of(path: Path) -> list[Upload]:
    """The files at a path: one file, or those of a folder; raises `UploadRejected` where there is none."""
    source = path.expanduser()
    if source.is_file() or (source.is_dir() and any(source.iterdir())):
        return uploads_at(source)
    raise UploadRejected(str(path), "", "there is no such file", f"Choose {KNOWN}")


def _run_file(workspace: Workspace, upload: Upload, spooled: Path) -> Run:
    if isinstance(upload.content, Path):
        return import_run(workspace, upload.content)
    with spooled.open("rb") as content:
        return import_run(workspace, content, upload.name)


def _weights(workspace: Workspace, shown: str, folder: Path, like: Run | None, name: str) -> Run:
    if like is None:
        raise UserError(f"{shown} holds weights and no settings", "Choose the run whose settings they are for (--like RUN)")
    return import_weights(workspace, like.config, folder / NAMES["weights"], name, str(like.record["preset"]), shown)


def _onnx(found: Mapping[str, Any], dataset: Dataset, folder: Path) -> tuple[LoadedModel, dict[str, Tensor]]:
    """The settings of a pair that was checked, and its state: the bytes of the graphs, and the table of codes."""
    model = LoadedModel.model_validate({"loaded": found["model"]})
    field = dataset.main_field.name
    weights = {
        f"{half}s.{field}.graph.content": torch.from_numpy(np.fromfile(folder / NAMES[half], np.uint8))
        for half in ("encoder", "decoder")
    }
    if (folder / "table.npy").exists():
        weights["bottleneck.table"] = torch.from_numpy(np.array(read_array(folder / "table.npy")))
    return model, weights


def _diffusers(found: Mapping[str, Any], dataset: Dataset, folder: Path) -> tuple[LoadedModel, dict[str, Tensor]]:
    """The settings of a config.json, and the tensors of the file beside it, by the names that they have here."""
    path, shown = folder / NAMES["weights"], found["shown"]["weights"]
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    model = _settings(found["model"], found["shown"]["config"], digest)
    with torch.device("meta"):
        own = Autoencoder(model, dataset.fields).state_dict()
    old = _has_old_names(path)
    names = {_name_in_file(name, dataset.main_field.name, old): name for name in own}
    tensors = read_weights(path, shown, {there: own[here] for there, here in names.items()})
    return model, {names[there]: tensor for there, tensor in tensors.items()}


def _settings(config: Mapping[str, Any], shown: str, digest: str) -> LoadedModel:
    """A config.json as settings; raises `UploadRejected` naming what is unknown or out of bounds."""
    classes = {kind.class_name: kind for kind in collect(LOADED, PartSettings).values() if hasattr(kind, "class_name")}
    kind = classes.get(str(config.get("_class_name")))
    if kind is None:
        reason = f"its _class_name is {str(config.get('_class_name'))[:80]!r}"
        raise UploadRejected(shown, "_class_name", reason, f"Choose a folder of {' or '.join(classes)}")
    given = {key: value for key, value in config.items() if not key.startswith("_") and key not in IGNORED_KEYS}
    try:
        settings = parse(kind, {**given, "kind": kind.name, "sha256": digest})
    except UserError as error:
        raise UploadRejected(shown, "", error.reason, f"{error.fix}. {_SAVED}") from None
    return LoadedModel(loaded=settings)


def _name_in_file(name: str, field: str, old: bool) -> str:
    """What diffusers calls a tensor of `Autoencoder.state_dict`."""
    name = name.removeprefix(f"encoders.{field}.").removeprefix(f"decoders.{field}.")
    name = name.replace("bottleneck.table", "quantize.embedding.weight")
    if old and ".attentions." in name:
        for now, before in _OLD_NAMES.items():
            name = name.replace(f".{now}.", f".{before}.")
    return name


def _has_old_names(path: Path) -> bool:
    try:
        with safe_open(path, "pt") as file:
            return any(name.endswith(".query.weight") for name in file.keys())  # noqa: SIM118 (no mapping)
    except SafetensorError:
        return False  # `read_weights` says so
