"""``aeexplorer data inspect`` tells what would be stored, and stores nothing."""

from pathlib import Path

import numpy as np
import orjson
import pytest

from aeexplorer.cli import main
from aeexplorer.core.workspace import Workspace


def test_findings_are_told_before_anything_is_stored(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(workspace.root))
    np.save(tmp_path / "embeddings.npy", np.random.default_rng(0).normal(size=(50, 64)).astype(np.float32))
    assert main(["data", "inspect", str(tmp_path / "embeddings.npy")]) == 0
    out = capsys.readouterr().out
    assert "an array, 50 samples" in out
    assert "read as a table; layout=flat reads pictures of 8 × 8 pixels" in out
    assert "options that matter (--set): layout" in out
    assert main(["data", "inspect", str(tmp_path / "embeddings.npy"), "--json"]) == 0
    assert orjson.loads(capsys.readouterr().out)["layouts"][0]["layout"] == "table"
    assert not list(workspace.datasets.glob("ds-*"))
    assert main(["data", "inspect", str(tmp_path / "none.npy")]) == 2
    assert "there is no file here" in capsys.readouterr().err
