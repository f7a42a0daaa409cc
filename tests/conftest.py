"""What tests of several folders start from: an empty workspace, and a small dataset that needs no network."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from aeexplorer.data.dataset import Dataset, NewField, create_dataset
from aeexplorer.workspace import Workspace


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
