"""Find, load, rename and remove the datasets of a workspace, and keep the catalogue up to date."""

from collections.abc import Mapping
from pathlib import Path

import orjson

from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.errors import UserError
from aeexplorer.core.registry import collect
from aeexplorer.core.workspace import Workspace, remove_folder, write_json
from aeexplorer.data.dataset import Dataset, create_dataset, open_dataset
from aeexplorer.data.ingest.confined import Progress, ignore_progress
from aeexplorer.data.records import check_dataset_files
from aeexplorer.data.samples.base import BuiltinDataset


def builtin_datasets() -> Mapping[str, BuiltinDataset]:
    """Return the built-in datasets by name."""
    return collect("aeexplorer.data.samples", BuiltinDataset)


def load_builtin_dataset(workspace: Workspace, name: str, progress: Progress = ignore_progress) -> Dataset:
    """Open a built-in dataset. It is generated or downloaded if the workspace does not have it yet.

    Raises
    ------
    UserError
        If the name is unknown, or a download is needed and fails.
    """
    if name not in builtin_datasets():
        raise UserError(f"there is no built-in dataset {name!r}", f"Choose one of {', '.join(builtin_datasets())}")
    stored_id = _stored_builtin_datasets(workspace).get(name, "")
    if (workspace.datasets / stored_id / "dataset.json").is_file():
        return open_dataset(workspace.datasets / stored_id)
    content = builtin_datasets()[name].build(lambda fraction, text: progress(0.9 * fraction, text))
    progress(0.9, "storing")
    dataset = create_dataset(workspace, name, content.fields, content.table, content.split, content.notes)
    write_json(workspace.datasets / "samples.json", _stored_builtin_datasets(workspace) | {name: dataset.id})
    open_catalogue(workspace).add_dataset(dataset.folder)
    progress(1.0, "stored")
    return dataset


def _stored_builtin_datasets(workspace: Workspace) -> dict[str, str]:
    """Return the ids of the built-in datasets in the workspace, by name."""
    try:
        return dict(orjson.loads((workspace.datasets / "samples.json").read_bytes()))
    except (OSError, ValueError):
        return {}


def find_dataset(workspace: Workspace, name: str, progress: Progress = ignore_progress) -> Dataset:
    """Open the dataset with this id or name. A built-in dataset is loaded if the workspace does not have it yet.

    Raises
    ------
    UserError
        If there is no such dataset, or several have the name.
    """
    dataset_id = _find_id(workspace, name)
    if dataset_id:
        return open_dataset(workspace.dataset_folder(dataset_id))
    if name in builtin_datasets():
        return load_builtin_dataset(workspace, name, progress)
    names = ", ".join(dict.fromkeys([*(row.name for row in open_catalogue(workspace).datasets()), *builtin_datasets()]))
    raise UserError(f"there is no dataset {name!r}", f"Choose one of {names}")


def find_stored_dataset(workspace: Workspace, name: str) -> Dataset:
    """Open the dataset of the workspace with this id or name.

    Raises
    ------
    UserError
        If there is no such dataset, or several have the name.
    """
    dataset_id = _find_id(workspace, name)
    if not dataset_id:
        raise UserError(f"there is no dataset {name!r} in this workspace", "List them with `aeexplorer data list`")
    return open_dataset(workspace.dataset_folder(dataset_id))


def _find_id(workspace: Workspace, name: str) -> str | None:
    rows = open_catalogue(workspace).datasets()
    ids = [row.id for row in rows if name == row.id] or [row.id for row in rows if name == row.name]
    if len(ids) > 1:
        raise UserError(f"{len(ids)} datasets are named {name!r}", f"Give an id instead: {', '.join(ids)}")
    return ids[0] if ids else None


def rename_dataset(workspace: Workspace, dataset_id: str, name: str) -> Dataset:
    """Rename a dataset, also in the catalogue. Raises `UserError` if the name is empty."""
    dataset = open_dataset(workspace.dataset_folder(dataset_id)).rename(name)
    open_catalogue(workspace).add_dataset(dataset.folder)
    return dataset


def runs_using(workspace: Workspace, dataset_id: str) -> list[str]:
    """Return the ids of the runs that were trained on a dataset. Reads the folders of the runs, not the catalogue."""
    ids = []
    for record in sorted(workspace.runs.glob("run-*/run.json")):
        try:
            if orjson.loads(record.read_bytes())["config"]["dataset"] == dataset_id:
                ids.append(record.parent.name)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return ids


def require_unused(workspace: Workspace, dataset: Dataset) -> None:
    """Raise `UserError` if a run uses the dataset."""
    runs = runs_using(workspace, dataset.id)
    if runs:
        first_runs = ", ".join(runs[:5]) + (", …" if len(runs) > 5 else "")
        raise UserError(f"the dataset {dataset.name!r} is used by {len(runs)} run(s)", f"Remove them first: {first_runs}")


def _is_damaged(folder: Path) -> bool:
    try:
        check_dataset_files(folder)
    except (OSError, ValueError):
        return True
    return False


def remove_dataset(workspace: Workspace, dataset_id: str) -> None:
    """Delete a dataset. A damaged one is deleted also if runs use it.

    Raises
    ------
    UserError
        If there is no dataset with this id, or a run uses it.
    """
    folder = workspace.dataset_folder(dataset_id)
    if not folder.exists():
        raise UserError(f"there is no dataset {dataset_id} in this workspace", "List them with `aeexplorer data list`")
    if not _is_damaged(folder):  # a damaged dataset is of no use to its runs, so it can go
        require_unused(workspace, open_dataset(folder))
    remove_folder(workspace, folder)
    open_catalogue(workspace).remove(dataset_id)
