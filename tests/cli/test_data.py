"""``aeexplorer data`` on datasets that are there: another split or scaling, and a zip to take home."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aeexplorer.cli import main
from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.data.library import find_stored_dataset


def test_a_dataset_is_divided_otherwise(workspace: Workspace, dataset: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    open_catalogue(workspace).add_dataset(dataset.folder)
    where = ["--workspace", str(workspace.root)]
    assert main(["data", "vary", "blobs", "--set", "split.test=0.25", "--name", "quarter", *where]) == 0
    assert "quarter: 320 samples" in capsys.readouterr().out
    assert len(find_stored_dataset(workspace, "quarter").ids("test")) == 80
    assert main(["data", "vary", "blobs", "--set", "split.test=2", *where]) == 2
    assert "split.test" in capsys.readouterr().err
    assert main(["data", "vary", "blobs", "--set", "scaling=min-max", *where]) == 2
    assert "nothing is different" in capsys.readouterr().err
    assert main(["data", "vary", "blobs", "--set", "pixels=z-score", *where]) == 0
    assert "blobs, pixels z-score: 320 samples" in capsys.readouterr().out


def test_a_dataset_is_written_as_a_zip(trained: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "rows.zip"
    assert main(["data", "export", "rows", str(target), "--workspace", str(trained.workspace.root)]) == 0
    assert str(target) in capsys.readouterr().out
    with zipfile.ZipFile(target) as archive:
        assert {"0-tabular.npy", "0-tabular.csv", "samples.csv", "README.txt"} == set(archive.namelist())


def test_a_hub_that_cannot_be_reached_is_told_in_one_sentence(workspace: Workspace) -> None:
    program = "import sys; from aeexplorer.cli import main; sys.exit(main(sys.argv[1:]))"
    given = ["data", "hub", "someone/something", "--workspace", str(workspace.root)]
    nowhere = os.environ | {"HF_ENDPOINT": "http://127.0.0.1:9"}
    done = subprocess.run([sys.executable, "-c", program, *given], env=nowhere, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("aeexplorer: the Hugging Face hub cannot be reached (")
    assert "upload them" in done.stderr
    assert not list(workspace.staging.iterdir())
    assert not list(workspace.datasets.glob("ds-*"))


def test_what_reading_may_take_is_a_choice(workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "x.npy", np.random.default_rng(0).random((120, 3000)).astype(np.float16))
    given = ["data", "add", str(tmp_path / "x.npy"), "--set", "layout=table", "--workspace", str(workspace.root)]
    assert main([*given, "--limit", "output_mb=1"]) == 2
    assert "over the limit" in capsys.readouterr().err
    assert main([*given, "--limit", "output_mb=2", "--limit", "seconds=100"]) == 0
    assert main([*given, "--limit", "seconds=0"]) == 2
    assert "seconds" in capsys.readouterr().err
