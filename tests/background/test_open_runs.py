"""The cache of open runs."""

import shutil
from pathlib import Path

import pytest

from aeexplorer.background.open_runs import MAX_OPEN_RUNS, open_cached_run
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace, write_json
from aeexplorer.training.checkpoint import load_checkpoint, save_checkpoint
from aeexplorer.training.config import RunConfig
from aeexplorer.training.create import create_run


@pytest.fixture
def copied(trained, tmp_path: Path) -> Workspace:
    """A copy of the workspace with the trained runs."""
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    return Workspace.open(tmp_path / "copy")


def test_an_unchanged_run_is_the_same_object(trained, copied: Workspace) -> None:
    name = trained.runs["vae"].id
    first = open_cached_run(copied, name)
    assert first.is_final
    assert open_cached_run(copied, name) is first
    assert open_cached_run(copied, name).run.model is first.run.model
    assert open_cached_run(trained.workspace, name).run is not first.run


def test_new_weights_and_new_results_open_the_run_again(trained, copied: Workspace) -> None:
    name = trained.runs["vae"].id
    first = open_cached_run(copied, name)
    write_json(first.run.folder / "metrics.json", {**first.run.metrics, "state": "cancelled"})
    second = open_cached_run(copied, name)
    assert second.version != first.version
    assert not second.is_final
    folder = second.run.folder / "checkpoint"
    checkpoint = load_checkpoint(folder)
    assert checkpoint is not None
    checkpoint.state["step"] += 1
    save_checkpoint(folder, checkpoint)
    assert open_cached_run(copied, name).version != second.version


def test_the_cache_is_bounded(trained, copied: Workspace) -> None:
    names = [
        create_run(copied, RunConfig(dataset=trained.runs["vae"].dataset.id, seed=seed), "x").id
        for seed in range(MAX_OPEN_RUNS + 1)
    ]
    opened = [open_cached_run(copied, name) for name in names]
    assert open_cached_run(copied, names[-1]) is opened[-1]
    assert open_cached_run(copied, names[0]) is not opened[0]


def test_unknown_runs_are_refused(copied: Workspace) -> None:
    for name in ("run-000000000000", "../runs", "ds-000000000000"):
        with pytest.raises(UserError):
            open_cached_run(copied, name)
