"""The trash: removed datasets can be restored for ten minutes, or until the app restarts."""

import contextlib
import os
import time

from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace, fsync_folder, remove_folder
from aeexplorer.data.dataset import Dataset, open_dataset
from aeexplorer.data.library import require_unused

RETENTION_SECONDS = 600


def discard_dataset(workspace: Workspace, dataset_id: str) -> None:
    """Move a dataset to the trash, and delete datasets that have been there for ten minutes or longer.

    Raises
    ------
    UserError
        If there is no dataset with this id, or a run uses it.
    """
    dataset = open_dataset(workspace.dataset_folder(dataset_id))
    require_unused(workspace, dataset)
    empty_trash(workspace, RETENTION_SECONDS)
    workspace.trash.mkdir(exist_ok=True)
    _move(workspace, dataset_id, out=True)
    open_catalogue(workspace).remove(dataset_id)


def discarded_datasets(workspace: Workspace) -> list[Dataset]:
    """Return the datasets that can still be restored, the most recently removed first."""
    if not workspace.trash.is_dir():
        return []
    folders = [folder for folder in workspace.trash.glob("ds-*") if time.time() - folder.stat().st_mtime < RETENTION_SECONDS]
    datasets = []
    for folder in sorted(folders, key=lambda folder: -folder.stat().st_mtime):
        with contextlib.suppress(UserError):  # it was damaged while it lay there
            datasets.append(open_dataset(folder))
    return datasets


def restore_dataset(workspace: Workspace, dataset_id: str) -> Dataset:
    """Restore a dataset from the trash. Raises `UserError` if it is no longer there."""
    if not (workspace.trash / workspace.dataset_folder(dataset_id).name).is_dir():
        raise UserError("this dataset is gone for good", "Add the data again")
    _move(workspace, dataset_id, out=False)
    dataset = open_dataset(workspace.dataset_folder(dataset_id))
    open_catalogue(workspace).add_dataset(dataset.folder)
    return dataset


def empty_trash(workspace: Workspace, min_age_seconds: float = 0) -> None:
    """Delete the datasets that have been in the trash for this time or longer."""
    for folder in workspace.trash.glob("ds-*") if workspace.trash.is_dir() else ():
        if time.time() - folder.stat().st_mtime >= min_age_seconds:
            remove_folder(workspace, folder)


def _move(workspace: Workspace, dataset_id: str, out: bool) -> None:
    stored = workspace.dataset_folder(dataset_id)
    discarded = workspace.trash / stored.name
    source, target = (stored, discarded) if out else (discarded, stored)
    if target.exists():  # the same content was added or removed again in the meantime
        remove_folder(workspace, source)
        return
    if out:
        os.utime(source)  # time of removal
    source.replace(target)
    fsync_folder(workspace.datasets)
    fsync_folder(workspace.trash)
