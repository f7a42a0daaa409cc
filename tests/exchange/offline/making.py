"""A run whose names and labels contain markup."""

import numpy as np
import pyarrow as pa

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import NewField, create_dataset
from aeexplorer.jobs import train
from aeexplorer.training.create import create_run
from aeexplorer.training.defaults import config_for
from aeexplorer.training.run import Run

HOSTILE = ["</script><script>alert(1)</script>", "<img src=x onerror=alert(2)>", "a & b", "%%SCRIPT%%"]


def hostile_run(workspace: Workspace, n: int = 40) -> Run:
    """Train a VAE with two latents on noise with the labels `HOSTILE`; a third of the values of ``depth`` are missing."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (n, 3, 7, 5), np.uint8)
    depth = [None if i % 3 == 0 else float(i) for i in range(n)]
    table = pa.table({"label": [HOSTILE[i % len(HOSTILE)] for i in range(n)], "depth": depth})
    split = np.array([0, 0, 0, 1, 2], np.int8)[np.arange(n) % 5]
    dataset = create_dataset(workspace, HOSTILE[0], {"image": NewField("image", pictures, {})}, table, split)
    changes = {"model.network": "conv", "model.latent_dim": 2, "model.channels": 8, "training.epochs": 2}
    run = create_run(workspace, config_for("vae", dataset, changes), HOSTILE[1], "vae")
    train(run, "cpu")
    return Run(run.folder)
