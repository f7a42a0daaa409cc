"""Features of trained and of new runs."""

from collections.abc import Callable

from aeexplorer.analysis.features import features
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.training.config import RunConfig
from aeexplorer.training.create import create_run

COMMON = {"results", "history", "snapshots"}


def test_features_of_trained_runs(trained) -> None:
    names = {name: features(run) for name, run in trained.runs.items()}
    assert names["vae"] == COMMON | {"image", "labels", "factors", "posterior", "dimensions"}
    assert names["vq"] == COMMON | {"image", "labels", "factors", "codebook"}
    assert names["ae"] == COMMON | {"tabular", "dimensions"}


def test_a_new_run_has_only_the_features_of_its_dataset(workspace: Workspace, make_blobs: Callable[..., Dataset]) -> None:
    run = create_run(workspace, RunConfig(dataset=make_blobs(workspace).id), "new")
    assert features(run) == {"image", "labels"}
