"""The commands ``aeexplorer data``: another split or scaling, export as a zip, the hub, and limits."""

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


def test_a_dataset_gets_another_split_and_scaling(
    workspace: Workspace, dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    open_catalogue(workspace).add_dataset(dataset.folder)
    options = ["--workspace", str(workspace.root)]
    assert main(["data", "vary", "blobs", "--set", "split.test=0.25", "--name", "quarter", *options]) == 0
    assert "quarter: 320 samples" in capsys.readouterr().out
    assert len(find_stored_dataset(workspace, "quarter").ids("test")) == 80
    assert main(["data", "vary", "blobs", "--set", "split.test=2", *options]) == 2
    assert "split.test" in capsys.readouterr().err
    assert main(["data", "vary", "blobs", "--set", "scaling=min-max", *options]) == 2
    assert "nothing is different" in capsys.readouterr().err
    assert main(["data", "vary", "blobs", "--set", "pixels=z-score", *options]) == 0
    assert "blobs, pixels z-score: 320 samples" in capsys.readouterr().out


def test_a_dataset_is_exported_as_a_zip(trained: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "rows.zip"
    assert main(["data", "export", "rows", str(target), "--workspace", str(trained.workspace.root)]) == 0
    assert str(target) in capsys.readouterr().out
    with zipfile.ZipFile(target) as archive:
        assert {"0-tabular.npy", "0-tabular.csv", "samples.csv", "README.txt"} == set(archive.namelist())


def test_an_unreachable_hub_is_reported_in_one_line(workspace: Workspace) -> None:
    program = "import sys; from aeexplorer.cli import main; sys.exit(main(sys.argv[1:]))"
    arguments = ["data", "hub", "someone/something", "--workspace", str(workspace.root)]
    environment = os.environ | {"HF_ENDPOINT": "http://127.0.0.1:9"}
    process = subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert process.returncode == 2
    assert process.stderr.startswith("aeexplorer: the Hugging Face hub cannot be reached (")
    assert "upload them" in process.stderr
    assert not list(workspace.staging.iterdir())
    assert not list(workspace.datasets.glob("ds-*"))


def test_the_limits_of_reading_can_be_set(workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "x.npy", np.random.default_rng(0).random((120, 3000)).astype(np.float16))
    arguments = ["data", "add", str(tmp_path / "x.npy"), "--set", "layout=table", "--workspace", str(workspace.root)]
    assert main([*arguments, "--limit", "output_mb=1"]) == 2
    assert "over the limit" in capsys.readouterr().err
    assert main([*arguments, "--limit", "output_mb=2", "--limit", "seconds=100"]) == 0
    assert main([*arguments, "--limit", "seconds=0"]) == 2
    assert "seconds" in capsys.readouterr().err


def test_the_command_line_says_what_the_data_page_says(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`data add` named neither label column, shape, split nor duplicates across splits."""
    rng = np.random.default_rng(0)
    lines = [f"{rng.normal():.4f},{rng.normal():.4f},{rng.normal():.4f},{'ab'[i % 2]}" for i in range(60)]
    lines += lines[:30]  # every second row is twice in the file
    (tmp_path / "twice.csv").write_text("x,y,z,species\n" + "\n".join(lines) + "\n")
    options = ["--workspace", str(workspace.root)]
    assert main(["data", "add", str(tmp_path / "twice.csv"), *options]) == 0
    added = capsys.readouterr().out
    assert main(["data", "show", "twice", *options]) == 0
    assert capsys.readouterr().out == added
    dataset = find_stored_dataset(workspace, "twice")
    rows, training = np.asarray(dataset.main_field.array), dataset.ids("train")
    held_out = np.setdiff1d(dataset.ids(), training)
    leaked = sum((rows[training] == rows[i]).all(1).any() for i in held_out)
    assert leaked > 0
    for fact in (
        "twice: 90 samples",
        "field table: tabular, 3, float32",
        f"train {len(training)}, validation {len(dataset.ids('validation'))}, test {len(dataset.ids('test'))}",
        "2 labels: a 45, b 45",
        "30 of 90 samples are identical to an earlier one",
        f"{leaked} validation and test samples are also in the training split",
        "note: the column 'species' holds the labels",
    ):
        assert fact in added


def test_escape_codes_in_labels_never_reach_the_terminal(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = np.array(["plain", "\x1b[2Jhidden"])[np.arange(40) % 2]
    np.savez(tmp_path / "codes.npz", x=np.random.default_rng(0).random((40, 5)), y=labels)
    assert main(["data", "add", str(tmp_path / "codes.npz"), "--workspace", str(workspace.root)]) == 0
    out = capsys.readouterr().out
    assert "plain 20" in out
    assert "hidden 20" in out
    assert "\x1b" not in out
