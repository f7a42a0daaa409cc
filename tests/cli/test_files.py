"""The commands ``aeexplorer export`` and ``import`` with each format."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from aeexplorer.cli import main


def test_a_run_is_exported_as_a_script(trained: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--workspace", str(trained.workspace.root)]
    assert main(["export", "ae", str(tmp_path / "ae.zip"), "--as", "script", *options]) == 0
    assert f"{tmp_path / 'ae.zip'}: ae" in capsys.readouterr().out
    with zipfile.ZipFile(tmp_path / "ae.zip") as archive:
        assert "model.py" in archive.namelist()
    assert main(["export", "ae", str(tmp_path / "other"), "--as", "pickle", *options]) == 2
    assert "Choose one of run, script, onnx, page, weights" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


def test_weights_are_imported_as_a_new_run(trained: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    options = ["--workspace", str(tmp_path / "copy")]
    file = str(tmp_path / "vae.safetensors")
    assert main(["export", "vae", file, "--as", "weights", *options]) == 0
    assert main(["import", file, "--like", "vae", "--name", "back", "--json", *options]) == 0
    imported = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert imported["name"] == "back"
    assert imported["run"] != trained.runs["vae"].id
    assert main(["import", file, "--like", "vq", *options]) == 2
    assert "vae.safetensors, tensor" in capsys.readouterr().err


def test_an_onnx_pair_is_imported_with_a_dataset(trained: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    options = ["--workspace", str(tmp_path / "copy")]
    file = str(tmp_path / "vae.onnx.zip")
    assert main(["export", "vae", file, "--as", "onnx", *options]) == 0
    assert main(["import", file, "--data", "digits", "--json", *options]) == 0
    imported = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert imported["name"] == "vae"
    assert main(["runs", "show", imported["run"], *options]) == 0
    output = capsys.readouterr().out
    assert "model.loaded.kind" in output
    assert "training.epochs" not in output
    assert main(["import", file, *options]) == 2
    assert "(--data NAME)" in capsys.readouterr().err


def test_an_imported_network_cannot_be_trained(trained: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    before = sorted((tmp_path / "copy" / "runs").iterdir())
    options = ["--workspace", str(tmp_path / "copy")]
    assert main(["train", "--data", "digits", "--set", "model.network=onnx", *options]) == 2
    assert "the network 'onnx' does not fit image data" in capsys.readouterr().err
    assert sorted((tmp_path / "copy" / "runs").iterdir()) == before
