from collections.abc import Iterator
from typing import Any

import pytest

from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.background.process import BackgroundProcess
from aeexplorer.ui.shell import background


@pytest.fixture
def served(trained: Any) -> Iterator[BackgroundProcess]:
    """A background process that takes requests and never runs them."""
    process = BackgroundProcess(trained.workspace)
    background.connect(process)
    yield process
    background.connect(None)


def test_without_a_process_the_reason_says_how_to_start_one(trained: Any) -> None:
    status = background.request(trained.runs["vq"].id, "umap", 2)
    assert status.state == "failed"
    assert "aeexplorer" in status.reason


def test_a_missing_map_is_requested(trained: Any, served: BackgroundProcess) -> None:
    run = trained.runs["vq"].id
    assert served.status(run, "tsne", 3).state == "absent"
    assert background.request(run, "tsne", 3).state == "waiting"
    assert served.status(run, "tsne", 3).state == "waiting"


def test_a_cached_map_is_ready(trained: Any, served: BackgroundProcess) -> None:
    compute_projection(trained.runs["vq"], "pca", 2)
    assert background.request(trained.runs["vq"].id, "pca", 2).state == "ready"


def test_other_jobs_than_maps_go_to_the_other_process(trained: Any, served: BackgroundProcess) -> None:
    other = BackgroundProcess(trained.workspace, maps=False)
    background.connect(served, other)
    run = trained.runs["vq"].id
    assert background.request(run, "prior autoregressive").state == "waiting"
    assert background.request(run, "tsne", 2).state == "waiting"
    assert other.status(run, "prior autoregressive", 0).state == "waiting"
    assert served.status(run, "prior autoregressive", 0).state == "absent"
    assert served.status(run, "tsne", 2).state == "waiting"
