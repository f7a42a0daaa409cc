"""The command ``aeexplorer search``."""

import json
from typing import Any

import pytest

from aeexplorer.cli import main
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset


@pytest.fixture
def here(workspace: Workspace, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with one dataset, selected for all commands."""
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(workspace.root))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return workspace


COMMAND = ["search", "blobs", "--preset", "dense-ae", "--vary", "model.latent_dim=1,2", "--sampler", "grid", "--device", "cpu"]
QUICK = ["--set", "training.epochs=1", "--set", "model.hidden=8", "--parallel", "2"]


def test_a_search_trains_its_trials_and_the_same_command_shows_them(here: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, *QUICK, "--set", "training.decays=2"]) == 0
    captured = capsys.readouterr()
    table = captured.out
    assert "training.decays has no effect with training.schedule one_cycle" in captured.err
    assert "model.hidden" not in captured.err
    assert "validation_mse" in table
    assert table.count("finished") == 2

    assert main([*COMMAND, *QUICK, "--set", "training.decays=2", "--json"]) == 0
    report: Any = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [trial["end"] for trial in report["trials"]] == ["finished", "finished"]
    assert sorted(trial["values"]["model.bottleneck.latent_dim"] for trial in report["trials"]) == [1, 2]
    assert report["trials"][0]["value"] <= report["trials"][1]["value"]
    assert all(trial["run"] in table for trial in report["trials"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--vary", "model.nonsense=1,2"], "no setting"),
        (["--vary", "model.depth=3..1"], "lower one first"),
        (["--vary", "model.depth"], "FIELD=VALUE"),
        (["--vary", "model.depth=1,2", "--sampler", "oracle"], "sampler is 'oracle'"),
    ],
)
def test_invalid_searches_are_refused_in_one_line(
    here: Workspace, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["search", "blobs", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not list(here.runs.iterdir())
