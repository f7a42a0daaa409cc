"""Full disks, made by a limit on the size of files: recognised in the errors of every library, and nothing half-written stays."""

import errno
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import safetensors.numpy
import safetensors.torch
import torch

from aeexplorer.core.disk import DiskFull, has_space, means_full_disk, naming_full_disk
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace, atomic_folder, atomic_path, write_array, write_bytes, write_json
from tests.disks import full_disk

ARRAY = np.zeros(100_000)


def _sqlite(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA max_page_count = 2")
    connection.execute("CREATE TABLE IF NOT EXISTS t (x)")
    try:
        connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
    finally:
        connection.close()


WRITERS: dict[str, Callable[[Path], object]] = {
    "bytes": lambda path: path.write_bytes(ARRAY.tobytes()),
    "numpy": lambda path: np.save(path, ARRAY),
    "numpy-tofile": lambda path: ARRAY.tofile(path),
    "safetensors-numpy": lambda path: safetensors.numpy.save_file({"x": ARRAY}, path),
    "safetensors-torch": lambda path: safetensors.torch.save_file({"x": torch.zeros(100_000)}, path),
    "parquet": lambda path: pq.write_table(pa.table({"x": np.random.default_rng(0).normal(size=100_000)}), path),
    "sqlite": _sqlite,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_recognised_in_the_errors_of_every_library(name: str, tmp_path: Path) -> None:
    with full_disk(), pytest.raises(Exception) as caught:
        WRITERS[name](tmp_path / "x.bin")
    assert means_full_disk(caught.value), repr(caught.value)
    with full_disk(), pytest.raises(DiskFull), naming_full_disk():
        WRITERS[name](tmp_path / "x.bin")


@pytest.mark.parametrize(
    "error",
    [PermissionError(errno.EACCES, "Permission denied"), ValueError("x"), UserError("the disk is full", "no"), KeyError(28)],
)
def test_other_errors_are_not_a_full_disk(error: Exception) -> None:
    assert not means_full_disk(error)
    with pytest.raises(type(error)) as caught, naming_full_disk():
        raise error
    assert caught.value is error


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_quotas_count_and_causes_are_followed(code: int) -> None:
    assert means_full_disk(OSError(code, "x"))
    error = RuntimeError("could not save")
    error.__cause__ = OSError(code, "x")
    assert means_full_disk(error)


def test_nothing_half_written_stays_on_a_full_disk(workspace: Workspace) -> None:
    folder = workspace.root / "writes"
    folder.mkdir()
    write_json(folder / "old.json", 1)
    with full_disk():
        for write in (
            lambda: write_bytes(folder / "old.json", ARRAY.tobytes()),
            lambda: write_array(folder / "new.npy", ARRAY),
            lambda: write_json(folder / "new.json", ARRAY),
        ):
            with pytest.raises(DiskFull, match=r"the disk is full, or your quota on it\. Free some space, then try again\."):
                write()
        with pytest.raises(DiskFull), atomic_path(folder / "x") as path, path.open("wb") as out:
            out.write(ARRAY.tobytes())
        with pytest.raises(DiskFull), atomic_folder(workspace.datasets, workspace.staging, "ds-0123456789ab") as new:
            np.save(new.folder / "x.npy", ARRAY)
    assert [path.name for path in folder.iterdir()] == ["old.json"]
    assert (folder / "old.json").read_text() == "1"
    assert not list(workspace.datasets.iterdir())
    assert not list(workspace.staging.iterdir())


def test_a_disk_with_less_than_a_mebibyte_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = [1 << 20]
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": free[0]}))
    assert has_space(tmp_path)
    free[0] -= 1
    assert not has_space(tmp_path)
