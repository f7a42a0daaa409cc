import os

import orjson
import pytest

from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.data.trash import SECONDS, discard_dataset, discarded, empty_trash, restore_dataset
from tests.data.making import tree


def known(workspace: Workspace) -> set[str]:
    return {row.id for row in open_catalogue(workspace).datasets()}


def test_a_discarded_dataset_comes_back_as_it_was(workspace: Workspace, dataset: Dataset) -> None:
    open_catalogue(workspace).add_dataset(dataset.folder)
    before = tree(workspace.datasets)
    discard_dataset(workspace, dataset.id)
    assert not dataset.folder.exists()
    assert dataset.id not in known(workspace)
    assert [d.id for d in discarded(workspace)] == [dataset.id]
    assert restore_dataset(workspace, dataset.id).name == dataset.name
    assert tree(workspace.datasets) == before
    assert dataset.id in known(workspace)
    assert discarded(workspace) == []


def test_the_trash_is_emptied(workspace: Workspace, dataset: Dataset) -> None:
    discard_dataset(workspace, dataset.id)
    empty_trash(workspace, SECONDS)
    assert len(discarded(workspace)) == 1
    empty_trash(workspace)
    assert discarded(workspace) == []
    assert list(workspace.trash.iterdir()) == list(workspace.staging.iterdir()) == []
    with pytest.raises(UserError, match="gone for good"):
        restore_dataset(workspace, dataset.id)


def test_what_lies_there_for_long_is_gone(workspace: Workspace, dataset: Dataset, make_blobs: object) -> None:
    discard_dataset(workspace, dataset.id)
    os.utime(workspace.trash / dataset.id, (1, 1))
    assert discarded(workspace) == []
    other = make_blobs(workspace, 40, name="other")  # type: ignore[operator]
    discard_dataset(workspace, other.id)
    assert [folder.name for folder in workspace.trash.iterdir()] == [other.id]


def test_the_same_content_may_come_in_again_meanwhile(workspace: Workspace, dataset: Dataset, make_blobs: object) -> None:
    discard_dataset(workspace, dataset.id)
    again = make_blobs(workspace)  # type: ignore[operator]
    assert again.id == dataset.id
    assert restore_dataset(workspace, dataset.id).id == dataset.id
    assert discarded(workspace) == []
    discard_dataset(workspace, dataset.id)
    make_blobs(workspace)  # type: ignore[operator]
    discard_dataset(workspace, dataset.id)
    assert [d.id for d in discarded(workspace)] == [dataset.id]


def test_a_dataset_in_use_stays(workspace: Workspace, dataset: Dataset) -> None:
    folder = workspace.run_folder("run-000000000001")
    folder.mkdir()
    (folder / "run.json").write_bytes(orjson.dumps({"config": {"dataset": dataset.id}}))
    with pytest.raises(UserError, match="used by 1 run"):
        discard_dataset(workspace, dataset.id)
    assert dataset.folder.exists()
