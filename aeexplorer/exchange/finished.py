"""A run without a training: settings and weights that are there already, evaluated on every split."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace, staging_folder
from aeexplorer.data.dataset import open_dataset
from aeexplorer.exchange.run_files.transfer import store
from aeexplorer.training.checkpoint import Checkpoint, load_weights, save_checkpoint
from aeexplorer.training.config import RunConfig
from aeexplorer.training.results import write_results
from aeexplorer.training.run import Run, write_run
from aeexplorer.training.trainer import prepare


def finished_run(workspace: Workspace, config: RunConfig, weights: Mapping[str, Tensor], name: str, preset: str = "") -> Run:
    """The run of these settings and weights; one that is here already is returned as it is.

    It is made in a workspace of its own and stored when it is whole, so that nothing of it is left where it fails.

    Raises
    ------
    UserError
        If the settings do not fit the dataset, or a sample's reconstruction is not finite.
    """
    with staging_folder(workspace.staging) as folder, torch.random.fork_rng(devices=[]):
        (folder / "datasets").symlink_to(workspace.datasets)
        run = write_run(Workspace.open(folder), config, name, preset)
        started = time.perf_counter(), time.process_time()
        trainer = prepare(config, open_dataset(workspace.dataset_folder(config.dataset)), torch.device("cpu"))
        load_weights(trainer.model, dict(weights))
        save_checkpoint(run.folder / "checkpoint", Checkpoint(dict(trainer.model.state_dict()), state={"step": 0}))
        facts: dict[str, Any] = {"state": "finished", "device": "cpu", "samples_per_second": 0.0}
        facts["seconds"], facts["cpu_seconds"] = time.perf_counter() - started[0], time.process_time() - started[1]
        write_results(run, trainer, facts)
        if not np.isfinite(run.errors).all():
            sample = int(np.argmin(np.isfinite(run.errors)))
            raise UserError(f"the model makes no finite numbers of sample {sample}", "Choose weights of a training that held")
        return store(workspace, run)
