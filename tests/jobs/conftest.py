"""What the tests of the jobs start from."""

import pytest
from lab import Lab

from aeexplorer.data.dataset import Dataset
from aeexplorer.workspace import Workspace


@pytest.fixture
def lab(workspace: Workspace, dataset: Dataset) -> Lab:
    """Small runs on 320 pictures."""
    return Lab(workspace, dataset)
