"""Checkpoints: safetensors and JSON in a folder of their own, with a manifest of SHA-256 written last.

No pickle anywhere. A checkpoint counts only when its manifest is there and every file matches it, so a process killed
at any moment leaves the one before it in force.
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

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import fsync_folder, write_json

FILES = ("weights.safetensors", "training.safetensors", "state.json")
PARTS = ("optimizer", "sums", "chosen", "average")
"""What ``training.safetensors`` holds besides the generator, each tensor under the part's name and a dot."""


@dataclass
class Checkpoint:
    """All that a training needs to go on exactly where it was."""

    weights: dict[str, Tensor]
    optimizer: dict[str, Tensor] = field(default_factory=dict)
    sums: dict[str, Tensor] = field(default_factory=dict)
    """What was added up since the last snapshot."""
    chosen: dict[str, Tensor] = field(default_factory=dict)
    """The model's state at the lowest validation loss, of a training that may stop early."""
    average: dict[str, Tensor] = field(default_factory=dict)
    """The running average of its parameters, of a training that averages."""
    generator: Tensor | None = None
    state: dict[str, Any] = field(default_factory=dict)
    """Plain data: the step, and whatever else is no tensor."""

    @property
    def used(self) -> dict[str, Tensor]:
        """The weights that the model is used with: the chosen ones, the averaged ones, or the last."""
        return self.chosen or self.weights | self.average


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint into ``folder / step``, keep the one before it, drop all others, also those beyond its step.

    A whole one of that step is left as it is.
    """
    target = folder / f"{int(checkpoint.state['step']):09d}"
    if damage(target):
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        training: dict[str, Tensor] = {}
        for part in PARTS:
            training |= {f"{part}.{k}": v for k, v in getattr(checkpoint, part).items()}
        if checkpoint.generator is not None:
            training["generator"] = checkpoint.generator
        _save(target / "weights.safetensors", checkpoint.weights)
        _save(target / "training.safetensors", training)
        write_json(target / "state.json", checkpoint.state)
        write_json(target / "manifest.json", {name: _sha256(target / name) for name in FILES})
        fsync_folder(folder)
    others = [path for path in _newest_first(folder) if path != target]
    before = next((path for path in others if path < target and (path / "manifest.json").exists()), None)
    for path in others:
        if path != before:
            shutil.rmtree(path, ignore_errors=True)


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """The newest whole checkpoint under `folder`, or None where there is none."""
    for path in _newest_first(folder):
        if damage(path) is None:
            training = load_file(path / "training.safetensors")
            return Checkpoint(
                weights=load_file(path / "weights.safetensors"),
                **{part: _under(f"{part}.", training) for part in PARTS},
                generator=training.get("generator"),
                state=orjson.loads((path / "state.json").read_bytes()),
            )
    return None


def damaged(folder: Path) -> list[str]:
    """What `load_checkpoint` has to pass over: a phrase for each checkpoint that is newer than the newest whole one."""
    found = []
    for path in _newest_first(folder):
        reason = damage(path)
        if reason is None:
            break
        found.append(f"checkpoint {int(path.name)}: {reason}")
    return found


def _newest_first(folder: Path) -> list[Path]:
    return sorted((path for path in folder.iterdir() if path.name.isdecimal()), reverse=True) if folder.is_dir() else []


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _save(path: Path, tensors: dict[str, Tensor]) -> None:
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, path)
    with path.open("rb") as written:
        os.fsync(written.fileno())


def damage(path: Path) -> str | None:
    """What is wrong with the checkpoint in a folder, or None when it is whole."""
    try:
        manifest = orjson.loads((path / "manifest.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return "it was not finished"
    for name in FILES:
        if name not in manifest or not (path / name).is_file():
            return f"{name} is missing"
        if _sha256(path / name) != manifest[name]:
            return f"{name} is not what was written"
    return None


def load_weights(module: torch.nn.Module, weights: dict[str, Tensor]) -> None:
    """Put weights into a module.

    Raises
    ------
    UserError
        Naming the first tensor that is missing, unknown or of another shape.
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
    """The optimiser's state as ``{"parameter index.name": tensor}``."""
    state = optimizer.state_dict()["state"]
    return {
        f"{i}.{name}": torch.as_tensor(value)
        for i, values in state.items()
        for name, value in values.items()
        if value is not None
    }


def restore_optimizer(optimizer: Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put back what `optimizer_tensors` gave; the groups keep the settings they were built with."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
