"""The command ``aeexplorer metrics``."""

import json
from typing import Any

import pytest

from aeexplorer.analysis.runs.quality.measuring import compute_metrics
from aeexplorer.cli import main


def test_metrics_as_json_and_as_tables(trained: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run = trained.runs["vae"]
    options = ["--workspace", str(trained.workspace.root)]
    assert main(["metrics", run.id, "--only", "posterior", "--only", "probes", "--json", *options]) == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert report["run"] == run.id
    assert report["metrics"] == compute_metrics(run, ["posterior", "probes"])
    assert main(["metrics", "vae", *options]) == 0
    output = capsys.readouterr().out
    assert "Importance-weighted bound (64) ↑" in output
    assert f"{compute_metrics(run, ['reconstruction'])['psnr']:.2f} dB" in output


def test_an_unknown_family_is_refused(trained: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "vae", "--only", "beauty", "--workspace", str(trained.workspace.root)]) == 2
    assert "no family of metrics 'beauty'" in capsys.readouterr().err
