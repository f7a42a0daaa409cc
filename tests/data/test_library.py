from pathlib import Path

import numpy as np
import orjson
import pytest

from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.ingest import IngestOptions, ingest
from aeexplorer.data.library import builtin_datasets, find_dataset, load_builtin_dataset, remove_dataset, rename_dataset
from tests.data.making import npy, tree, upload


@pytest.fixture
def dataset(workspace: Workspace) -> Dataset:
    x = np.random.default_rng(0).integers(0, 256, (9, 6, 6), np.uint8)
    return ingest(workspace, upload("x.npy", npy(x)), IngestOptions(name="mine"))


def _run(workspace: Workspace, run: str, dataset: str) -> Path:
    folder = workspace.run_folder(run)
    folder.mkdir()
    (folder / "run.json").write_bytes(orjson.dumps({"name": "r", "config": {"dataset": dataset}}))
    return folder


def test_removing_a_dataset_deletes_its_folder_and_its_row(workspace: Workspace, dataset: Dataset) -> None:
    open_catalogue(workspace)
    remove_dataset(workspace, dataset.id)
    assert not dataset.folder.exists()
    assert open_catalogue(workspace).datasets() == []
    assert list(workspace.staging.iterdir()) == []
    with pytest.raises(UserError, match="no dataset"):
        remove_dataset(workspace, dataset.id)


def test_a_dataset_in_use_is_not_removed(workspace: Workspace, dataset: Dataset) -> None:
    _run(workspace, "run-000000000001", "ds-ffffffffffff")
    (_run(workspace, "run-000000000003", "x") / "run.json").write_bytes(b"{half")
    run = _run(workspace, "run-000000000002", dataset.id)
    before = tree(workspace.root)
    with pytest.raises(UserError, match=r"used by 1 run.*run-000000000002"):
        remove_dataset(workspace, dataset.id)
    assert tree(workspace.root) == before
    (run / "run.json").unlink()
    remove_dataset(workspace, dataset.id)


@pytest.mark.parametrize("name", ["../x", "ds-", "run-000000000001", "ds-00000000000g", ""])
def test_only_ids_become_paths(workspace: Workspace, name: str) -> None:
    with pytest.raises(UserError, match="not the id of a dataset"):
        remove_dataset(workspace, name)


def test_datasets_are_found_by_id_and_by_current_name(workspace: Workspace, dataset: Dataset) -> None:
    assert find_dataset(workspace, dataset.id).id == dataset.id
    assert find_dataset(workspace, "mine").id == dataset.id
    rename_dataset(workspace, dataset.id, "yours")
    assert find_dataset(workspace, "yours").id == dataset.id
    with pytest.raises(UserError, match=r"no dataset 'mine'.*yours, .*digits"):
        find_dataset(workspace, "mine")
    other = ingest(workspace, upload("o.npy", npy(np.random.default_rng(1).random((9, 6, 6)))), IngestOptions(name="yours"))
    with pytest.raises(UserError, match=f"2 datasets.*{other.id}"):
        find_dataset(workspace, "yours")


def test_a_built_in_dataset_is_stored_once_and_again_after_its_removal(workspace: Workspace) -> None:
    first = find_dataset(workspace, "shapes")
    before = tree(workspace.root)
    assert load_builtin_dataset(workspace, "shapes").id == first.id
    assert tree(workspace.root) == before
    remove_dataset(workspace, first.id)
    assert load_builtin_dataset(workspace, "shapes").id == first.id
    (workspace.datasets / "samples.json").write_bytes(b"{")
    assert load_builtin_dataset(workspace, "shapes").id == first.id
    assert [row.name for row in open_catalogue(workspace).datasets()] == ["shapes"]


def test_built_in_datasets_are_listed_and_unknown_names_refused(workspace: Workspace) -> None:
    assert set(builtin_datasets()) >= {"digits", "shapes", "mnist", "fashion-mnist", "kmnist", "cifar10"}
    with pytest.raises(UserError, match=r"no built-in dataset 'digit'.*digits"):
        load_builtin_dataset(workspace, "digit")
