"""``aeexplorer train --folds``, and what is said of settings without effect."""

import json
from typing import Any

import pytest

from aeexplorer.cli import main
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.training.run import all_runs


def test_folds_are_trained_one_after_the_other_and_told_together(
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
    said = capsys.readouterr()
    assert "test mse over 2 folds" in said.out
    assert said.err.count("training.momentum has no effect with training.optimizer adam") == 1
    assert main([*command, "--json"]) == 0
    found: Any = json.loads(capsys.readouterr().out.splitlines()[-1])
    errors = [fold["metrics"]["test"]["mse"] for fold in found["folds"]]
    assert found["mse"]["test"]["mean"] == pytest.approx(sum(errors) / 2)
    assert sorted(run.config.fold for run in all_runs(workspace)) == [0, 1]
