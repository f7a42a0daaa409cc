"""What a run has is what it was made with."""

from collections.abc import Callable

from aeexplorer.analysis.features import features
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.training.config import RunConfig
from aeexplorer.training.run import create_run

COMMON = {"results", "history", "snapshots"}


def test_features_of_trained_runs(trained) -> None:
    found = {name: features(run) for name, run in trained.runs.items()}
    assert found["vae"] == COMMON | {"image", "labels", "factors", "posterior", "dimensions"}
    assert found["vq"] == COMMON | {"image", "labels", "factors", "codebook"}
    assert found["ae"] == COMMON | {"tabular", "dimensions"}


def test_a_run_that_has_not_begun_has_only_its_data(workspace: Workspace, make_blobs: Callable[..., Dataset]) -> None:
    run = create_run(workspace, RunConfig(dataset=make_blobs(workspace).id), "new")
    assert features(run) == {"image", "labels"}
