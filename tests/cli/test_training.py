"""The command ``aeexplorer train --folds``, and its notes on settings without effect."""

import contextlib
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest

from aeexplorer import jobs
from aeexplorer.cli import main, watching
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.jobs import Status
from aeexplorer.public import new_run
from aeexplorer.training.events import EventLog
from aeexplorer.training.run import Run, all_runs


def test_folds_are_trained_in_turn_and_reported_together(
    workspace: Workspace, dataset: Dataset, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(workspace.root))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    command = [
        "train",
        "--data",
        "blobs",
        "--preset",
        "linear-ae",
        "--set",
        "training.epochs=1",
        "--set",
        "training.momentum=0.5",
        "--folds",
        "2",
        "--device",
        "cpu",
    ]
    assert main(command) == 0
    captured = capsys.readouterr()
    assert "test mse over 2 folds" in captured.out
    assert captured.err.count("training.momentum has no effect with training.optimizer adam") == 1
    assert main([*command, "--json"]) == 0
    report: Any = json.loads(capsys.readouterr().out.splitlines()[-1])
    errors = [fold["metrics"]["test"]["mse"] for fold in report["folds"]]
    assert report["mse"]["test"]["mean"] == pytest.approx(sum(errors) / 2)
    assert sorted(run.config.fold for run in all_runs(workspace)) == [0, 1]


DIVERGING = [
    "train",
    *("--data", "blobs", "--preset", "linear-ae", "--device", "cpu"),
    *("--set", "training.optimizer=sgd", "--set", "training.learning_rate=10", "--set", "training.schedule=constant"),
]


@pytest.mark.parametrize("folds", [1, 2])
def test_a_diverged_training_ends_with_a_lower_rate(
    workspace: Workspace,
    dataset: Dataset,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    folds: int,
) -> None:
    """The command ended with "unexpected TypeError". A diverged fold does not keep the others from being trained."""
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(workspace.root))

    def train_here(workspace: Workspace, run: Run, device: str) -> Iterator[Status]:
        with contextlib.suppress(UserError):
            jobs.train(run, device)
        yield jobs.status(run)

    monkeypatch.setattr("aeexplorer.cli.watching.train_in_worker", train_here)
    for _ in range(2):  # the second time, nothing is trained
        assert main([*DIVERGING, "--folds", str(folds)]) == 2
        message = capsys.readouterr().err.splitlines()[-1]
        assert "the training diverged by step" in message
        assert "Train again with a learning rate of 1, or with a gradient clip of 5" in message
        assert message.startswith(
            f"aeexplorer: {folds} of {folds} folds did not finish: the run run-" if folds > 1 else "aeexplorer: the run run-"
        )
        assert "(`--set training.learning_rate=1`)" in message
    runs = list(all_runs(workspace))
    assert [jobs.status(run).state for run in runs] == ["failed"] * folds
    assert main(["runs", "resume", runs[0].id]) == 2
    assert "cannot be resumed: the training diverged by step" in capsys.readouterr().err
    assert main(["runs", "show", runs[0].id]) == 0
    assert main(["runs", "list", "--json"]) == 0


def test_the_progress_bar_shows_losses_that_are_not_finite(workspace: Workspace, dataset: Dataset) -> None:
    run = new_run(workspace, dataset, "linear-ae")
    with EventLog(run.folder) as log:
        metrics = {"mse": 0.5, "validation_loss": math.nan}
        log.append("progress", step=1, steps=2, epoch=1.0, losses={"loss": math.inf}, metrics=metrics)
    with watching._progress_bar() as bar:
        task = bar.add_task("x", losses="", left="")
        watching._update_bar(bar, task, jobs.Status("running", step=1, steps=2), run.folder)
        assert bar.tasks[0].fields["losses"] == "loss nan  mse 0.5  validation_loss nan"
