"""Checkpoints: a folder of safetensors and JSON files, with a manifest of SHA-256 digests that is written last.

Nothing is pickled. A checkpoint is valid only if it has a manifest and every file matches it. So a process that is killed
at any moment leaves the previous checkpoint valid.
"""

import hashlib
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.optim import Optimizer

from aeexplorer.core.disk import naming_full_disk
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import fsync_folder, write_json

FILES = ("weights.safetensors", "training.safetensors", "state.json")
TENSOR_GROUPS = ("optimizer", "sums", "chosen", "average")
"""Fields of a checkpoint in ``training.safetensors``. The names of their tensors start with the field's name and a dot."""


@dataclass
class Checkpoint:
    """Everything that a training needs to continue exactly where it was."""

    weights: dict[str, Tensor]
    optimizer: dict[str, Tensor] = field(default_factory=dict)
    sums: dict[str, Tensor] = field(default_factory=dict)
    """Sums of the loss terms since the last snapshot."""
    chosen: dict[str, Tensor] = field(default_factory=dict)
    """Model state at the lowest validation loss; empty without early stopping."""
    average: dict[str, Tensor] = field(default_factory=dict)
    """Moving average of each parameter; empty without weight averaging."""
    generator: Tensor | None = None
    """State of the random number generator of the device."""
    state: dict[str, Any] = field(default_factory=dict)
    """Plain data: the step, and everything else that is not a tensor."""

    @property
    def final_weights(self) -> dict[str, Tensor]:
        """Weights of the trained model: those of the lowest validation loss, the averaged ones, or the last."""
        return self.chosen or self.weights | self.average


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint to a folder named after its step.

    The previous checkpoint is kept. All others are deleted, also those of later steps. A valid checkpoint of the same step
    is left as it is.

    Parameters
    ----------
    folder
        The folder ``checkpoint`` of a run.
    checkpoint
        What to write. Its state has the ``step``.

    Raises
    ------
    DiskFull
        If the disk is full. The previous checkpoint stays, and nothing remains of this one.
    """
    target = folder / f"{int(checkpoint.state['step']):09d}"
    if find_damage(target):
        shutil.rmtree(target, ignore_errors=True)
        training: dict[str, Tensor] = {}
        for group in TENSOR_GROUPS:
            training |= {f"{group}.{k}": v for k, v in getattr(checkpoint, group).items()}
        if checkpoint.generator is not None:
            training["generator"] = checkpoint.generator
        try:
            with naming_full_disk():
                target.mkdir(parents=True)
                _save(target / "weights.safetensors", checkpoint.weights)
                _save(target / "training.safetensors", training)
                write_json(target / "state.json", checkpoint.state)
                write_json(target / "manifest.json", {name: _sha256(target / name) for name in FILES})
                fsync_folder(folder)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
    others = [path for path in _newest_first(folder) if path != target]
    previous = next((path for path in others if path < target and (path / "manifest.json").exists()), None)
    for path in others:
        if path != previous:
            shutil.rmtree(path, ignore_errors=True)


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """Read the newest valid checkpoint in a folder; None if there is none."""
    for path in _newest_first(folder):
        if find_damage(path) is None:
            training = load_file(path / "training.safetensors")
            return Checkpoint(
                weights=load_file(path / "weights.safetensors"),
                **{group: _select(f"{group}.", training) for group in TENSOR_GROUPS},
                generator=training.get("generator"),
                state=orjson.loads((path / "state.json").read_bytes()),
            )
    return None


def describe_damage(folder: Path) -> list[str]:
    """Describe the damaged checkpoints that `load_checkpoint` skips: those newer than the newest valid one, a phrase each."""
    descriptions = []
    for path in _newest_first(folder):
        reason = find_damage(path)
        if reason is None:
            break
        descriptions.append(f"checkpoint {int(path.name)}: {reason}")
    return descriptions


def _newest_first(folder: Path) -> list[Path]:
    return sorted((path for path in folder.iterdir() if path.name.isdecimal()), reverse=True) if folder.is_dir() else []


def _select(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose names start with a prefix, without the prefix."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _save(path: Path, tensors: dict[str, Tensor]) -> None:
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, path)
    with path.open("rb") as file:
        os.fsync(file.fileno())


def find_damage(path: Path) -> str | None:
    """Say what is wrong with the checkpoint in a folder; None if it is valid."""
    try:
        manifest = orjson.loads((path / "manifest.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return "it was not written to the end"
    for name in FILES:
        if name not in manifest or not (path / name).is_file():
            return f"{name} is missing"
        if _sha256(path / name) != manifest[name]:
            return f"{name} was changed after it was written"
    return None


def load_weights(module: torch.nn.Module, weights: dict[str, Tensor]) -> None:
    """Load weights into a module.

    Raises
    ------
    UserError
        If a tensor is missing, unknown or of another shape. The message names the first such tensor.
    """
    expected = module.state_dict()
    for name, tensor in expected.items():
        if name not in weights:
            raise UserError(f"the weights have no tensor {name!r}", "Use weights that were saved with these settings")
        if weights[name].shape != tensor.shape:
            shapes = f"{tuple(weights[name].shape)} instead of {tuple(tensor.shape)}"
            raise UserError(f"the tensor {name!r} has the shape {shapes}", "Use weights that were saved with these settings")
    if unknown := sorted(set(weights) - set(expected)):
        raise UserError(
            f"the weights have a tensor {unknown[0]!r} that the model lacks",
            "Use weights that were saved with these settings",
        )
    module.load_state_dict(weights)


def optimizer_tensors(optimizer: Optimizer) -> dict[str, Tensor]:
    """Return the optimiser's state as ``{"<parameter index>.<name>": tensor}``."""
    state = optimizer.state_dict()["state"]
    return {
        f"{i}.{name}": torch.as_tensor(value)
        for i, values in state.items()
        for name, value in values.items()
        if value is not None
    }


def restore_optimizer(optimizer: Optimizer, tensors: dict[str, Tensor]) -> None:
    """Restore the state that `optimizer_tensors` returned. The parameter groups keep their settings."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
