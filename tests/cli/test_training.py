"""The command ``aeexplorer train --folds``, and its notes on settings without effect."""

import json
from typing import Any

import pytest

from aeexplorer.cli import main
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.training.run import all_runs


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
