"""The run folder, which training writes and everything else reads."""

import contextlib
import os
import shutil
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file
from torch import Tensor

from aeexplorer.core.errors import Damaged, UserError, reason_of
from aeexplorer.core.formats import NewerFormat
from aeexplorer.core.locks import is_locked
from aeexplorer.core.settings import parse
from aeexplorer.core.workspace import Workspace, atomic_folder, write_json
from aeexplorer.data.dataset import Dataset, open_dataset
from aeexplorer.data.records import read_checked_array
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.bottlenecks.base import latents_of_codes
from aeexplorer.training.checkpoint import describe_damage, load_checkpoint, load_weights
from aeexplorer.training.config import RunConfig
from aeexplorer.training.events import effective_history, read_events
from aeexplorer.training.records import RUN_FORMAT, read_metrics, read_run_record


@dataclass(frozen=True)
class Run:
    """A run, read lazily from its folder. Creating this object is cheap and reads nothing.

    The folder holds ``run.json`` (the settings), ``events.jsonl`` (append-only), ``checkpoint/``, ``snapshots/``,
    ``latents.npy``, ``codes.npy``, ``errors.npy``, ``metrics.json`` and ``projections/``.
    """

    folder: Path

    @property
    def id(self) -> str:
        """Id of the run, the name of its folder. `RunConfig.run_id` makes it from the settings."""
        return self.folder.name

    @cached_property
    def record(self) -> Mapping[str, Any]:
        """Content of ``run.json``: ``name``, ``preset``, ``config`` and ``created`` (seconds since 1970).

        Raises
        ------
        NewerFormat
            If a newer version of aeexplorer wrote it.
        Damaged
            If it cannot be read.
        UserError
            If the run does not exist.
        """
        try:
            return read_run_record(self.folder)
        except NewerFormat:
            raise
        except (OSError, ValueError) as error:
            if not self.folder.exists():
                raise UserError(f"there is no run {self.id} in this workspace", "List them with `aeexplorer runs list`") from None
            raise self.damaged(error) from None

    def damaged(self, error: Exception) -> Damaged:
        """Return the error that says that files of the run cannot be used, and why."""
        name = self.__dict__["record"]["name"] if "record" in self.__dict__ else self.id
        fix = f"Remove it under Runs, or with `aeexplorer runs remove {self.id}`"
        return Damaged(f"the run {name} is damaged: {reason_of(error)}", fix)

    @property
    def name(self) -> str:
        """Name of the run, for people."""
        return str(self.record["name"])

    @cached_property
    def config(self) -> RunConfig:
        """Settings of the run.

        Raises
        ------
        UserError
            If the settings were written by another version of aeexplorer and cannot be read.
        """
        try:
            config: RunConfig = parse(RunConfig, self.record["config"])
        except UserError as error:
            raise UserError(
                f"the run {self.name} was trained by another version of aeexplorer ({error.reason})",
                "Train it again, or remove it under Runs or with `aeexplorer runs remove`",
            ) from error
        return config

    @cached_property
    def dataset(self) -> Dataset:
        """Dataset of the run, with the splits of its fold."""
        dataset = open_dataset(Workspace(self.folder.parent.parent).dataset_folder(self.config.dataset))
        return dataset.rotated(self.config.fold, self.config.folds)

    def events(self, after: int = -1) -> list[dict[str, Any]]:
        """Return the events with a sequence number above `after`, oldest first. Incomplete lines are skipped."""
        return read_events(self.folder / "events.jsonl", after)

    def history(self) -> list[dict[str, Any]]:
        """Return the ``progress`` events that count. Steps that were trained again after a resume count once."""
        return effective_history(self.events())

    @property
    def finished(self) -> bool:
        """Whether the run has its results: latents, errors and metrics."""
        return os.path.lexists(self.folder / "metrics.json")  # a broken link is a damaged result, and not a missing one

    @cached_property
    def metrics(self) -> Mapping[str, Any]:
        """Metrics of a finished run: ``train``, ``validation`` and ``test`` (by name), ``pca``, ``seconds``, ``device``, ….

        Numbers that were not finite are NaN.

        Raises
        ------
        UserError
            If the run has no results yet.
        """
        try:
            return read_metrics(self.folder)
        except FileNotFoundError:
            raise UserError(f"the run {self.name} has no results yet", "Wait until it has finished, or resume it") from None
        except (OSError, ValueError) as error:
            raise self.damaged(error) from None

    @cached_property
    def model(self) -> Autoencoder:
        """Trained model on the CPU, in evaluation mode.

        Raises
        ------
        Damaged
            If all its checkpoints are damaged, or their tensors do not fit the settings.
        UserError
            If the run has no checkpoint yet.
        """
        checkpoint = load_checkpoint(self.folder / "checkpoint")
        if checkpoint is None:
            damage = describe_damage(self.folder / "checkpoint")
            if damage or self.finished:
                raise self.damaged(ValueError(damage[0] if damage else "its checkpoint is missing"))
            raise UserError(f"the run {self.name} has no weights yet", "Wait for its first checkpoint")
        with torch.random.fork_rng(devices=[]):
            model = Autoencoder(self.config.model, self.dataset.fields)
        try:
            load_weights(model, checkpoint.final_weights)
        except UserError as error:
            raise self.damaged(error) from None
        return model.eval().requires_grad_(False)

    @cached_property
    def codes(self) -> np.ndarray | None:
        """Codebook indices of every sample, int32 ``(n, T·stages)``, memory-mapped; None without a codebook."""
        return self._array("codes.npy", "int32", None) if (self.folder / "codes.npy").exists() else None

    @cached_property
    def errors(self) -> np.ndarray:
        """Mean squared error of every sample, float32 ``(n,)``, memory-mapped."""
        return self._array("errors.npy", "float32")

    def latents(self, ids: np.ndarray) -> np.ndarray:
        """Return the latents of samples, float32 ``(m, d)``. With a codebook, they are the concatenated codebook entries."""
        if self._latents is not None:
            return np.asarray(self._latents[ids])
        codes = self.codes
        assert codes is not None
        bottleneck = self.model.quantizer
        try:
            return latents_of_codes(np.asarray(codes[ids]), bottleneck.entries.numpy(), bottleneck.stages)
        except (IndexError, ValueError):
            raise self.damaged(ValueError("codes.npy does not fit the codebook")) from None

    @cached_property
    def _latents(self) -> np.ndarray | None:
        return self._array("latents.npy", "float32", None) if (self.folder / "latents.npy").exists() else None

    def _array(self, name: str, dtype: str, *columns: int | None) -> np.ndarray:
        """Open an array of the results, one row per sample. Raises `Damaged` if it cannot be read or does not fit."""
        try:
            return read_checked_array(self.folder / name, dtype, (self.dataset.n, *columns))
        except ValueError as error:
            raise self.damaged(error) from None

    def raw(self, ids: np.ndarray) -> dict[str, Tensor]:
        """Return stored samples by field, ``(m, *shape)`` each, see `Dataset.samples`."""
        return {name: torch.from_numpy(array) for name, array in self.dataset.samples(ids).items()}

    def reconstruct(self, ids: np.ndarray, seen: Collection[str] = ()) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Reconstruct samples.

        Parameters
        ----------
        ids
            Ids of the samples, ``(m,)``.
        seen
            Fields that the encoder sees; by default all. The other fields are predicted from them.

        Returns
        -------
        x, reconstruction : dict
            Inputs and reconstructions in x-space by field, ``(m, *shape)`` each.
        """
        with torch.inference_mode():
            x = self.model.prepare(self.raw(ids))
            return x, self.model(x, seen={name: x[name] for name in x if name in seen} if seen else x).reconstruction

    def snapshots(self) -> list[Path]:
        """Return the snapshot files, oldest first. They are named after their step."""
        return sorted((self.folder / "snapshots").glob("*.safetensors"))

    def snapshot(self, path: Path) -> dict[str, np.ndarray]:
        """Read the arrays of a snapshot.

        Returns
        -------
        dict
            ``ids`` (m,), ``latents`` (m, d), and for each field ``field.<name>`` (k, *shape): the reconstructions of the
            first k samples.
        """
        try:
            arrays: dict[str, np.ndarray] = load_file(path)
        except (OSError, ValueError, SafetensorError) as error:
            raise self.damaged(ValueError(f"snapshots/{path.name}: {reason_of(error)}")) from None
        if "codes" in arrays:
            arrays["latents"] = latents_of_codes(arrays["codes"], arrays["entries"], int(arrays["stages"][0]))
        return arrays

    def artefact(self, name: str) -> Path:
        """Return the path of a file to write in the run's folder, and create its parent folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def write_run(workspace: Workspace, config: RunConfig, name: str, preset: str = "") -> Run:
    """Write the folder of a run, unless it exists already. `create_run` also checks the settings and indexes the run."""
    with atomic_folder(workspace.runs, workspace.staging, config.run_id) as new:
        record = {"name": name, "preset": preset, "created": time.time(), "config": config.stored()}
        write_json(new.folder / "run.json", RUN_FORMAT.stamp(record))
    return Run(workspace.run_folder(config.run_id))


def open_run(workspace: Workspace, run_id: str) -> Run:
    """Open a run by its id.

    Raises
    ------
    UserError
        If there is no such run.
    """
    run = Run(workspace.run_folder(run_id))
    _ = run.record
    return run


def remove_run(workspace: Workspace, run_id: str) -> None:
    """Delete a run's folder: move it out of the workspace at once, then delete its files.

    Raises
    ------
    UserError
        If the run is being trained.
    """
    folder = workspace.run_folder(run_id)
    if not folder.exists():
        raise UserError(f"there is no run {run_id} in this workspace", "List them with `aeexplorer runs list`")
    if is_locked(folder / "lock"):
        raise UserError(f"the run {run_id} is being trained", "Cancel it first")
    removed = workspace.staging / f"removed-{run_id}-{time.time_ns()}"
    folder.rename(removed)
    shutil.rmtree(removed, ignore_errors=True)


def all_runs(workspace: Workspace) -> Iterator[Run]:
    """Iterate over the runs of a workspace whose settings can be read, by id. `aeexplorer doctor` names the others."""
    for path in sorted(workspace.runs.glob("run-*/run.json")):
        run = Run(path.parent)
        with contextlib.suppress(UserError):
            _ = run.record
            yield run
