"""``aeexplorer export`` in its formats."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from aeexplorer.cli import main


def test_a_run_is_written_as_a_script(trained: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--workspace", str(trained.workspace.root)]
    assert main(["export", "ae", str(tmp_path / "ae.zip"), "--as", "script", *where]) == 0
    assert f"{tmp_path / 'ae.zip'}: ae" in capsys.readouterr().out
    with zipfile.ZipFile(tmp_path / "ae.zip") as archive:
        assert "model.py" in archive.namelist()
    assert main(["export", "ae", str(tmp_path / "other"), "--as", "pickle", *where]) == 2
    assert "Choose one of run, script, onnx" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()
