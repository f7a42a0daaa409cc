"""Create a finished run from settings and existing weights, without training."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace, staging_folder
from aeexplorer.data.dataset import open_dataset
from aeexplorer.exchange.run_files.transfer import store_run
from aeexplorer.training.checkpoint import Checkpoint, load_weights, save_checkpoint
from aeexplorer.training.config import RunConfig
from aeexplorer.training.results import write_results
from aeexplorer.training.run import Run, write_run
from aeexplorer.training.trainer import prepare


def create_finished_run(
    workspace: Workspace, config: RunConfig, weights: Mapping[str, Tensor], name: str, preset: str = ""
) -> Run:
    """Create a finished run from settings and weights, and evaluate it on every split.

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

    Returns
    -------
    Run
        The stored run; the existing one if the workspace already holds a run with these settings.

    Raises
    ------
    UserError
        If the settings do not fit the dataset, or a sample's reconstruction is not finite.
    """
    with staging_folder(workspace.staging) as folder, torch.random.fork_rng(devices=[]):
        (folder / "datasets").symlink_to(workspace.datasets)
        run = write_run(Workspace.open(folder), config, name, preset)
        wall_start, cpu_start = time.perf_counter(), time.process_time()
        trainer = prepare(config, open_dataset(workspace.dataset_folder(config.dataset)), torch.device("cpu"))
        load_weights(trainer.model, dict(weights))
        save_checkpoint(run.folder / "checkpoint", Checkpoint(dict(trainer.model.state_dict()), state={"step": 0}))
        facts: dict[str, Any] = {"state": "finished", "device": "cpu", "samples_per_second": 0.0}
        facts["seconds"], facts["cpu_seconds"] = time.perf_counter() - wall_start, time.process_time() - cpu_start
        write_results(run, trainer, facts)
        if not np.isfinite(run.errors).all():
            sample = int(np.argmin(np.isfinite(run.errors)))
            raise UserError(
                f"the model's reconstruction of sample {sample} is not finite",
                "Choose weights from a training that did not diverge",
            )
        return store_run(workspace, run)
