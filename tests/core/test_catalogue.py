import os
import sqlite3
import threading

import numpy as np
import orjson
import pyarrow as pa
import pytest

from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import NewField, create_dataset


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """Return a workspace with two datasets, created an hour apart, and a run."""
    for i, name in enumerate(("older", "newer")):
        x = np.full((3, 1, 2, 2), i, np.uint8)
        dataset = create_dataset(
            workspace, name, {"image": NewField("image", x, {})}, pa.table({"source": list("abc")}), np.zeros(3)
        )
        os.utime(dataset.folder / "split.npy", (i * 3600, i * 3600))
    run = workspace.runs / "run-000000000000"
    run.mkdir()
    (run / "run.json").write_bytes(orjson.dumps({"name": "a run", "config": {"dataset": dataset.id}}))
    return workspace


def _listed(workspace: Workspace) -> tuple[list[tuple[str, int, str]], list[str]]:
    catalogue = open_catalogue(workspace)
    return [(row.name, row.n, row.modalities) for row in catalogue.datasets()], [row.name for row in catalogue.runs()]


EXPECTED = ([("newer", 3, "image"), ("older", 3, "image")], ["a run"])


def test_a_missing_catalogue_is_built_from_the_folders(workspace: Workspace) -> None:
    assert _listed(workspace) == EXPECTED
    workspace.catalogue.unlink()
    assert _listed(workspace) == EXPECTED


@pytest.mark.parametrize("damage", [b"this is no database, it only has its name" * 99, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_catalogue_is_moved_aside_and_rebuilt(workspace: Workspace, damage: bytes) -> None:
    workspace.catalogue.write_bytes(damage)
    assert _listed(workspace) == EXPECTED
    assert workspace.catalogue.with_suffix(".damaged").read_bytes() == damage


def test_a_catalogue_with_other_tables_is_rebuilt(workspace: Workspace) -> None:
    with sqlite3.connect(workspace.catalogue) as connection:
        connection.execute("CREATE TABLE datasets (id TEXT)")
    connection.close()
    assert _listed(workspace) == EXPECTED


def test_unreadable_folders_are_skipped(workspace: Workspace) -> None:
    for name, content in (("ds-00000000000a", b"{half"), ("ds-00000000000b", b"{}"), ("ds-00000000000c", b"[]")):
        (workspace.datasets / name).mkdir()
        (workspace.datasets / name / "dataset.json").write_bytes(content)
    (workspace.runs / "run-00000000000a").mkdir()
    (workspace.runs / "run-00000000000a" / "run.json").write_bytes(b"null")
    assert open_catalogue(workspace).rebuild() == (2, 1)


def test_a_busy_catalogue_is_kept(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    open_catalogue(workspace)
    monkeypatch.setattr("aeexplorer.core.catalogue._BUSY_TIMEOUT_SECONDS", 0.05)
    holder = sqlite3.connect(workspace.catalogue, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(UserError, match="busy"):
        open_catalogue(workspace)
    holder.close()
    assert not workspace.catalogue.with_suffix(".damaged").exists()
    assert _listed(workspace) == EXPECTED


def test_rows_are_added_updated_and_removed(workspace: Workspace) -> None:
    catalogue = open_catalogue(workspace)
    newer = catalogue.datasets()[0]
    assert [row.id for row in catalogue.runs(newer.id)] == ["run-000000000000"]
    assert catalogue.runs("ds-000000000000") == []
    catalogue.remove(newer.id)
    assert [row.name for row in catalogue.datasets()] == ["older"]
    catalogue.add_dataset(workspace.datasets / newer.id)
    catalogue.add_dataset(workspace.datasets / newer.id)
    assert [row.name for row in catalogue.datasets()] == ["newer", "older"]


def test_concurrent_writers_lose_no_row(workspace: Workspace) -> None:
    failures: list[Exception] = []
    folders = list(workspace.datasets.glob("ds-*"))

    def write() -> None:
        try:
            for folder in folders * 5:
                open_catalogue(workspace).add_dataset(folder)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert _listed(workspace) == EXPECTED


DAMAGE = [b"", b"no database" * 999, b"SQLite format 3\0" + b"\xff" * 5000]


@pytest.mark.parametrize("damage", DAMAGE, ids=["empty", "text", "header"])
def test_a_catalogue_that_is_damaged_while_the_server_runs_is_rebuilt(workspace: Workspace, damage: bytes) -> None:
    catalogue = open_catalogue(workspace)
    assert len(catalogue.datasets()) == 2
    workspace.catalogue.write_bytes(damage)
    assert [row.name for row in catalogue.datasets()] == ["newer", "older"]
    workspace.catalogue.write_bytes(damage)
    assert [row.name for row in catalogue.runs()] == ["a run"]
    workspace.catalogue.write_bytes(damage)
    catalogue.remove("run-000000000000")
    assert catalogue.runs() == []


def test_rows_of_another_type_are_read_from_the_folders_again(workspace: Workspace) -> None:
    catalogue = open_catalogue(workspace)
    with sqlite3.connect(workspace.catalogue) as connection:
        connection.execute("update datasets set created = 'x', n = 'y'")
    connection.close()
    assert [(row.name, row.n) for row in catalogue.datasets()] == [("newer", 3), ("older", 3)]
