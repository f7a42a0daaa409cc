"""Runs are kept open while their files stay as they are, and not too many of them."""

import shutil
from pathlib import Path

import pytest

from aeexplorer.background.open_runs import KEPT, load
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace, write_json
from aeexplorer.training.checkpoint import load_checkpoint, save_checkpoint
from aeexplorer.training.config import RunConfig
from aeexplorer.training.run import create_run


@pytest.fixture
def copied(trained, tmp_path: Path) -> Workspace:
    """A copy of the workspace with the trained runs."""
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    return Workspace.open(tmp_path / "copy")


def test_an_unchanged_run_is_the_same_object(trained, copied: Workspace) -> None:
    name = trained.runs["vae"].id
    first = load(copied, name)
    assert first.final
    assert load(copied, name) is first
    assert load(copied, name).run.model is first.run.model
    assert load(trained.workspace, name).run is not first.run


def test_new_weights_and_new_results_make_it_read_anew(trained, copied: Workspace) -> None:
    name = trained.runs["vae"].id
    first = load(copied, name)
    write_json(first.run.folder / "metrics.json", {**first.run.metrics, "state": "cancelled"})
    second = load(copied, name)
    assert second.state != first.state
    assert not second.final
    checkpoint = second.run.folder / "checkpoint"
    found = load_checkpoint(checkpoint)
    assert found is not None
    found.state["step"] += 1
    save_checkpoint(checkpoint, found)
    assert load(copied, name).state != second.state


def test_no_more_are_kept_than_said(trained, copied: Workspace) -> None:
    names = [create_run(copied, RunConfig(dataset=trained.runs["vae"].dataset.id, seed=seed), "x").id for seed in range(KEPT + 1)]
    loaded = [load(copied, name) for name in names]
    assert load(copied, names[-1]) is loaded[-1]
    assert load(copied, names[0]) is not loaded[0]


def test_runs_that_are_not_there_are_refused(copied: Workspace) -> None:
    for name in ("run-000000000000", "../runs", "ds-000000000000"):
        with pytest.raises(UserError):
            load(copied, name)
