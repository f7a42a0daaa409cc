"""Datasets on their way out: removed ones can be brought back for ten minutes, or until the app starts again."""

import os
import time

from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace, fsync_folder, remove_folder
from aeexplorer.data.dataset import Dataset, open_dataset
from aeexplorer.data.library import require_unused

SECONDS = 600


def discard_dataset(workspace: Workspace, dataset_id: str) -> None:
    """Put a dataset into the trash, and delete what has lain there for longer than ten minutes.

    Raises
    ------
    UserError
        If there is none with this id, or a run uses it.
    """
    dataset = open_dataset(workspace.dataset_folder(dataset_id))
    require_unused(workspace, dataset)
    empty_trash(workspace, SECONDS)
    workspace.trash.mkdir(exist_ok=True)
    _move(workspace, dataset_id, out=True)
    open_catalogue(workspace).forget(dataset_id)


def discarded(workspace: Workspace) -> list[Dataset]:
    """What can still be brought back, the last one removed first."""
    if not workspace.trash.is_dir():
        return []
    lying = [folder for folder in workspace.trash.glob("ds-*") if time.time() - folder.stat().st_mtime < SECONDS]
    return [open_dataset(folder) for folder in sorted(lying, key=lambda folder: -folder.stat().st_mtime)]


def restore_dataset(workspace: Workspace, dataset_id: str) -> Dataset:
    """Bring a dataset back from the trash; raises `UserError` where it is not there any more."""
    if not (workspace.trash / workspace.dataset_folder(dataset_id).name).is_dir():
        raise UserError("that dataset is gone for good", "Add it again")
    _move(workspace, dataset_id, out=False)
    dataset = open_dataset(workspace.dataset_folder(dataset_id))
    open_catalogue(workspace).add_dataset(dataset.folder)
    return dataset


def empty_trash(workspace: Workspace, older: float = 0) -> None:
    """Delete what has lain in the trash for so many seconds or longer."""
    for folder in workspace.trash.glob("ds-*") if workspace.trash.is_dir() else ():
        if time.time() - folder.stat().st_mtime >= older:
            remove_folder(workspace, folder)


def _move(workspace: Workspace, dataset_id: str, out: bool) -> None:
    stored = workspace.dataset_folder(dataset_id)
    lying = workspace.trash / stored.name
    source, target = (stored, lying) if out else (lying, stored)
    if target.exists():  # the same content came in again meanwhile
        remove_folder(workspace, source)
        return
    if out:
        os.utime(source)
    source.replace(target)
    fsync_folder(workspace.datasets)
    fsync_folder(workspace.trash)
