"""Create a finished run from settings and existing weights, without training.

A confined process does it, with limits of memory and time: the weights, or the graphs among them, come from elsewhere, and
encoding a dataset takes long. Run as ``python -m aeexplorer.exchange.finished`` in a folder with a ``request.json``.
"""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from aeexplorer.core.errors import UploadRejected, UserError
from aeexplorer.core.workspace import Workspace, staging_folder
from aeexplorer.data.dataset import Dataset, open_dataset
from aeexplorer.data.ingest.child import run_task
from aeexplorer.data.ingest.confined import Progress, ignore_progress, run_confined
from aeexplorer.data.uploads.options import IngestLimits
from aeexplorer.exchange.run_files.transfer import store_run
from aeexplorer.training.checkpoint import Checkpoint, load_weights, save_checkpoint
from aeexplorer.training.config import RunConfig
from aeexplorer.training.results import write_results
from aeexplorer.training.run import Run, write_run
from aeexplorer.training.trainer import prepare

_MEMORY_MB, _MAX_MEMORY_MB = 16_384, 65_536
"""Address space for PyTorch, its libraries and a batch; the memory-mapped dataset is added, up to the maximum."""
_SECONDS = 6 * 3600
_WEIGHTS, _WORKSPACE = "weights.safetensors", "workspace"


def create_finished_run(
    workspace: Workspace,
    config: RunConfig,
    weights: Mapping[str, Tensor],
    name: str,
    preset: str = "",
    progress: Progress = ignore_progress,
) -> Run:
    """Create a finished run from settings and weights, and evaluate it on every split, in a confined process.

    The run is built in a temporary workspace and stored once it is complete, so a failure leaves nothing behind.

    Parameters
    ----------
    workspace
        The workspace to store the run in.
    config
        Settings of the run. Its dataset must be in the workspace.
    weights
        Tensors of the model, by the names of `Autoencoder.state_dict`.
    name
        Name of the run, for people.
    preset
        Preset that the settings started from, if known.
    progress
        Receives the fraction that is done and a text. An error that it raises ends the process.

    Returns
    -------
    Run
        The stored run; the existing one if the workspace already holds a run with these settings.

    Raises
    ------
    UploadRejected
        If the settings do not fit the dataset, a sample's reconstruction is not finite, or a limit is exceeded.
    """
    dataset = open_dataset(workspace.dataset_folder(config.dataset))
    with staging_folder(workspace.staging) as folder:
        temporary = Workspace.open(folder / _WORKSPACE)
        temporary.datasets.rmdir()
        temporary.datasets.symlink_to(workspace.datasets.resolve())
        save_file({key: tensor.detach().clone().contiguous() for key, tensor in weights.items()}, folder / _WEIGHTS)
        request = {"config": config.model_dump(mode="json"), "name": name, "preset": preset}
        fix = "Load a smaller model, or open it with a smaller dataset"
        run_confined("aeexplorer.exchange.finished", request, _limits(dataset), folder, name, progress, fix)
        return store_run(workspace, Run(temporary.run_folder(config.run_id)))


def _limits(dataset: Dataset) -> IngestLimits:
    mapped = sum(int(field.array.nbytes) for field in dataset.fields.values()) >> 20
    return IngestLimits(memory_mb=min(_MEMORY_MB + mapped, _MAX_MEMORY_MB), seconds=_SECONDS, output_mb=_MAX_MEMORY_MB)


def _build(request: Mapping[str, Any], send: Callable[[Mapping[str, Any]], None]) -> None:
    """Build the run of a request in the workspace inside the current folder. This is the task of the confined process."""
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # a driver reserves more address space than the process may have
    try:
        send({"progress": 0.0, "text": "encoding the dataset"})
        workspace = Workspace.open(Path(_WORKSPACE).resolve())
        _evaluate(workspace, RunConfig.model_validate(request["config"]), str(request["name"]), str(request["preset"]))
    except UserError as error:
        raise UploadRejected("", "", error.reason, error.fix) from None


def _evaluate(workspace: Workspace, config: RunConfig, name: str, preset: str) -> None:
    """Write a run with the weights beside the workspace, and its results."""
    run = write_run(workspace, config, name, preset)
    wall_start, cpu_start = time.perf_counter(), time.process_time()
    trainer = prepare(config, open_dataset(workspace.dataset_folder(config.dataset)), torch.device("cpu"))
    load_weights(trainer.model, load_file(workspace.root.parent / _WEIGHTS))
    save_checkpoint(run.folder / "checkpoint", Checkpoint(dict(trainer.model.state_dict()), state={"step": 0}))
    facts: dict[str, Any] = {"state": "finished", "device": "cpu", "samples_per_second": 0.0}
    facts["seconds"], facts["cpu_seconds"] = time.perf_counter() - wall_start, time.process_time() - cpu_start
    write_results(run, trainer, facts)
    if not np.isfinite(run.errors).all():
        sample = int(np.argmin(np.isfinite(run.errors)))
        raise UserError(
            f"the model's reconstruction of sample {sample} is not finite", "Choose weights from a training that did not diverge"
        )


if __name__ == "__main__":
    run_task(_build)
