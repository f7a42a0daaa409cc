from collections.abc import Iterator
from typing import Any

import pytest

from aeexplorer.analysis.maps.projection import compute
from aeexplorer.background.process import Projector
from aeexplorer.ui.shell import background as projector


@pytest.fixture
def served(trained: Any) -> Iterator[Projector]:
    """A projector that takes requests; nothing works them off."""
    serving = Projector(trained.workspace)
    projector.serve(serving)
    yield serving
    projector.serve(None)


def test_without_a_process_it_says_how_to_get_one(trained: Any) -> None:
    standing = projector.ask(trained.runs["vq"].id, "umap", 2)
    assert standing.state == "failed"
    assert "aeexplorer" in standing.reason


def test_a_map_nobody_asked_for_is_asked_for_once(trained: Any, served: Projector) -> None:
    run = trained.runs["vq"].id
    assert served.state(run, "tsne", 3).state == "absent"
    assert projector.ask(run, "tsne", 3).state == "waiting"
    assert served.state(run, "tsne", 3).state == "waiting"


def test_a_map_that_is_there_is_ready(trained: Any, served: Projector) -> None:
    compute(trained.runs["vq"], "pca", 2)
    assert projector.ask(trained.runs["vq"].id, "pca", 2).state == "ready"


def test_what_is_no_map_goes_to_the_other_process(trained: Any, served: Projector) -> None:
    other = Projector(trained.workspace, maps=False)
    projector.serve(served, other)
    run = trained.runs["vq"].id
    assert projector.ask(run, "prior autoregressive").state == "waiting"
    assert projector.ask(run, "tsne", 2).state == "waiting"
    assert other.state(run, "prior autoregressive", 0).state == "waiting"
    assert served.state(run, "prior autoregressive", 0).state == "absent"
    assert served.state(run, "tsne", 2).state == "waiting"
