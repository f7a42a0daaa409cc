import os

import orjson
import pytest

from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.data.trash import RETENTION_SECONDS, discard_dataset, discarded_datasets, empty_trash, restore_dataset
from tests.data.making import tree


def catalogued_ids(workspace: Workspace) -> set[str]:
    return {row.id for row in open_catalogue(workspace).datasets()}


def test_a_discarded_dataset_is_restored_unchanged(workspace: Workspace, dataset: Dataset) -> None:
    open_catalogue(workspace).add_dataset(dataset.folder)
    before = tree(workspace.datasets)
    discard_dataset(workspace, dataset.id)
    assert not dataset.folder.exists()
    assert dataset.id not in catalogued_ids(workspace)
    assert [d.id for d in discarded_datasets(workspace)] == [dataset.id]
    assert restore_dataset(workspace, dataset.id).name == dataset.name
    assert tree(workspace.datasets) == before
    assert dataset.id in catalogued_ids(workspace)
    assert discarded_datasets(workspace) == []


def test_the_trash_is_emptied(workspace: Workspace, dataset: Dataset) -> None:
    discard_dataset(workspace, dataset.id)
    empty_trash(workspace, RETENTION_SECONDS)
    assert len(discarded_datasets(workspace)) == 1
    empty_trash(workspace)
    assert discarded_datasets(workspace) == []
    assert list(workspace.trash.iterdir()) == list(workspace.staging.iterdir()) == []
    with pytest.raises(UserError, match="gone for good"):
        restore_dataset(workspace, dataset.id)


def test_old_datasets_are_deleted_from_the_trash(workspace: Workspace, dataset: Dataset, make_blobs: object) -> None:
    discard_dataset(workspace, dataset.id)
    os.utime(workspace.trash / dataset.id, (1, 1))
    assert discarded_datasets(workspace) == []
    other = make_blobs(workspace, 40, name="other")  # type: ignore[operator]
    discard_dataset(workspace, other.id)
    assert [folder.name for folder in workspace.trash.iterdir()] == [other.id]


def test_the_same_content_may_be_added_again_in_the_meantime(workspace: Workspace, dataset: Dataset, make_blobs: object) -> None:
    discard_dataset(workspace, dataset.id)
    again = make_blobs(workspace)  # type: ignore[operator]
    assert again.id == dataset.id
    assert restore_dataset(workspace, dataset.id).id == dataset.id
    assert discarded_datasets(workspace) == []
    discard_dataset(workspace, dataset.id)
    make_blobs(workspace)  # type: ignore[operator]
    discard_dataset(workspace, dataset.id)
    assert [d.id for d in discarded_datasets(workspace)] == [dataset.id]


def test_a_dataset_in_use_is_not_discarded(workspace: Workspace, dataset: Dataset) -> None:
    folder = workspace.run_folder("run-000000000001")
    folder.mkdir()
    (folder / "run.json").write_bytes(orjson.dumps({"config": {"dataset": dataset.id}}))
    with pytest.raises(UserError, match="used by 1 run"):
        discard_dataset(workspace, dataset.id)
    assert dataset.folder.exists()
