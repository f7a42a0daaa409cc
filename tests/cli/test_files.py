"""``aeexplorer export`` in its formats."""

import json
import shutil
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
    assert "Choose one of run, script, onnx, page, weights" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


def test_weights_come_back_as_a_run_of_their_own(trained: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    where = ["--workspace", str(tmp_path / "copy")]
    file = str(tmp_path / "vae.safetensors")
    assert main(["export", "vae", file, "--as", "weights", *where]) == 0
    assert main(["import", file, "--like", "vae", "--name", "back", "--json", *where]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["name"] == "back"
    assert found["run"] != trained.runs["vae"].id
    assert main(["import", file, "--like", "vq", *where]) == 2
    assert "vae.safetensors, tensor" in capsys.readouterr().err


def test_an_onnx_pair_is_opened_with_the_pictures_named(trained: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    where = ["--workspace", str(tmp_path / "copy")]
    file = str(tmp_path / "vae.onnx.zip")
    assert main(["export", "vae", file, "--as", "onnx", *where]) == 0
    assert main(["import", file, "--data", "digits", "--json", *where]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["name"] == "vae"
    assert main(["runs", "show", found["run"], *where]) == 0
    shown = capsys.readouterr().out
    assert "model.loaded.kind" in shown
    assert "training.epochs" not in shown
    assert main(["import", file, *where]) == 2
    assert "(--data NAME)" in capsys.readouterr().err


def test_a_network_from_elsewhere_is_not_trained(trained: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    before = sorted((tmp_path / "copy" / "runs").iterdir())
    where = ["--workspace", str(tmp_path / "copy")]
    assert main(["train", "--data", "digits", "--set", "model.network=onnx", *where]) == 2
    assert "the network 'onnx' does not fit image data" in capsys.readouterr().err
    assert sorted((tmp_path / "copy" / "runs").iterdir()) == before
