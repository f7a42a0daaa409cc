"""``aeexplorer metrics``."""

import json
from typing import Any

import pytest

from aeexplorer.analysis.runs.quality.measuring import compute_metrics
from aeexplorer.cli import main


def test_metrics_as_json_and_as_tables(trained: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run = trained.runs["vae"]
    where = ["--workspace", str(trained.workspace.root)]
    assert main(["metrics", run.id, "--only", "posterior", "--only", "probes", "--json", *where]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["run"] == run.id
    assert found["metrics"] == compute_metrics(run, ["posterior", "probes"])
    assert main(["metrics", "vae", *where]) == 0
    said = capsys.readouterr().out
    assert "Importance-weighted bound (64) ↑" in said
    assert f"{compute_metrics(run, ['reconstruction'])['psnr']:.2f} dB" in said


def test_a_family_that_is_not_there_is_named(trained: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "vae", "--only", "beauty", "--workspace", str(trained.workspace.root)]) == 2
    assert "no family of metrics 'beauty'" in capsys.readouterr().err
