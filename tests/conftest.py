"""What tests of several folders start from: an empty workspace, and a small dataset that needs no network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import settings
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset
from aeexplorer.data.split import SplitSettings, stratified_split
from aeexplorer.data.tabular import column, with_statistics
from aeexplorer.jobs import train
from aeexplorer.training.create import create_run
from aeexplorer.training.defaults import config_for
from aeexplorer.training.run import Run

settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes after their argument: a zip holds the time it was made, and all workers must agree on the names of tests."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """pytest-xdist keeps every core busy: further threads would only wait for each other, and spin while they do."""
    torch.set_num_threads(1)
    threadpool_limits(1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return Workspace.open(tmp_path / "workspace")


def blobs(workspace: Workspace, n: int = 320, side: int = 8, name: str = "blobs") -> Dataset:
    """Grey pictures ``(1, side, side)`` of one soft spot each, labelled by its quadrant; a tenth validation, a tenth test."""
    rng = np.random.default_rng(0)
    centres = rng.uniform(1, side - 2, (n, 2))
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij"))
    distance = np.square(grid[None] - centres[:, :, None, None]).sum(1)
    pictures = np.round(255 * np.exp(-distance / 4)).astype(np.uint8)[:, None]
    quadrant = (centres > side / 2 - 0.5) @ [2, 1]
    split = np.array([0, 0, 0, 0, 0, 0, 0, 0, 1, 2], np.int8)[np.arange(n) % 10]
    table = pa.table({"label": [f"q{q}" for q in quadrant], "source": [f"{i}.png" for i in range(n)]})
    return create_dataset(workspace, name, {"image": NewField("image", pictures, {})}, table, split)


@pytest.fixture
def make_blobs() -> Callable[..., Dataset]:
    """`blobs`: a dataset of so many small pictures in a workspace."""
    return blobs


@pytest.fixture
def dataset(workspace: Workspace) -> Dataset:
    """320 small grey pictures."""
    return blobs(workspace)


@dataclass(frozen=True)
class Trained:
    """Runs trained to their end, by what they are: ``vae`` (two latents), ``vq`` (a codebook), ``ae`` (of a table)."""

    workspace: Workspace
    runs: Mapping[str, Run]


def digits(workspace: Workspace, n: int = 400) -> Dataset:
    """Written digits with labels (the first ten without), and the columns ``ink`` (numbers) and ``hand`` (two names)."""
    found = load_digits()
    pictures = np.round(found.images[:n] * 255 / 16).astype(np.uint8)[:, None]
    columns = {
        "label": [None] * 10 + [str(label) for label in found.target[10:n]],
        "ink": pictures.mean((1, 2, 3)).tolist(),
        "hand": ["left" if i % 5 == 0 else "right" for i in range(n)],
    }
    split = stratified_split(found.target[:n], n, SplitSettings())
    return create_dataset(workspace, "digits", {"image": NewField("image", pictures, {})}, pa.table(columns), split)


def rows(workspace: Workspace, n: int = 120) -> Dataset:
    """A table of two numbers, the second sometimes missing, and a category."""
    rng = np.random.default_rng(0)
    values = np.stack([rng.normal(5, 2, n), rng.normal(size=n), rng.integers(0, 3, n)], 1).astype(np.float32)
    values[::9, 1] = np.nan
    described = [column("length"), column("<b>weight</b>"), column("colour", ("red", "green", "blue"))]
    split = stratified_split(None, n, SplitSettings())
    meta = {"columns": with_statistics(values, described, split == 0)}
    return create_dataset(workspace, "rows", {"table": NewField("tabular", values, meta)}, pa.table({"source": ["x"] * n}), split)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A workspace with trained runs; not to be changed."""
    workspace = Workspace.open(tmp_path_factory.mktemp("trained"))
    pictures, table = digits(workspace), rows(workspace)
    quick = {"model.network": "dense", "model.hidden": 32, "training.epochs": 3}
    wanted = {
        "vae": (pictures, "vae", {"model.latent_dim": 2}),
        "vq": (pictures, "vq-vae", {"model.codebook_size": 48, "model.restart": 0.0}),
        "ae": (table, "dense-ae", {"model.latent_dim": 2}),
    }
    runs = {}
    for name, (dataset, preset, changes) in wanted.items():
        runs[name] = create_run(workspace, config_for(preset, dataset, quick | changes), name, preset)
        train(runs[name], "cpu")
    return Trained(workspace, {name: Run(run.folder) for name, run in runs.items()})
