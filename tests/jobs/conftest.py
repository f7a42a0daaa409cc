"""Fixtures of the tests of the jobs."""

import pytest

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from tests.jobs.lab import Lab


@pytest.fixture
def lab(workspace: Workspace, dataset: Dataset) -> Lab:
    """Small runs on 320 pictures."""
    return Lab(workspace, dataset)
