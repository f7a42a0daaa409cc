"""The datasets of a workspace: found by name, built in ones loaded, renamed, removed; the catalogue is kept in step."""

from collections.abc import Mapping

import orjson

from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.errors import UserError
from aeexplorer.core.registry import collect
from aeexplorer.core.workspace import Workspace, remove_folder, write_json
from aeexplorer.data.dataset import Dataset, create_dataset, open_dataset
from aeexplorer.data.ingest.confined import Progress, ignore_progress
from aeexplorer.data.samples.base import Sample


def samples() -> Mapping[str, Sample]:
    """The built-in datasets, by name."""
    return collect("aeexplorer.data.samples", Sample)


def load_sample(workspace: Workspace, name: str, progress: Progress = ignore_progress) -> Dataset:
    """A built-in dataset, built or downloaded when it is not in the workspace yet.

    Raises
    ------
    UserError
        For an unknown name, or when a download is needed and there is no network.
    """
    if name not in samples():
        raise UserError(f"there is no built-in dataset {name!r}", f"Choose one of {', '.join(samples())}")
    known = _known(workspace)
    if (stored := workspace.datasets / known.get(name, "") / "dataset.json").is_file():
        return open_dataset(stored.parent)
    built = samples()[name].build(lambda fraction, text: progress(0.9 * fraction, text))
    progress(0.9, "storing")
    dataset = create_dataset(workspace, name, built.fields, built.table, built.split, built.notes)
    write_json(workspace.datasets / "samples.json", _known(workspace) | {name: dataset.id})
    open_catalogue(workspace).add_dataset(dataset.folder)
    progress(1.0, "stored")
    return dataset


def _known(workspace: Workspace) -> dict[str, str]:
    """Name of a built-in dataset → id of the one stored here."""
    try:
        return dict(orjson.loads((workspace.datasets / "samples.json").read_bytes()))
    except (OSError, ValueError):
        return {}


def find_dataset(workspace: Workspace, name: str, progress: Progress = ignore_progress) -> Dataset:
    """The dataset with this id or name; a built-in one is loaded when it is not there yet.

    Raises
    ------
    UserError
        If there is none, or several have the name.
    """
    found = _stored(workspace, name)
    if found:
        return open_dataset(workspace.dataset_folder(found))
    if name in samples():
        return load_sample(workspace, name, progress)
    given = ", ".join(dict.fromkeys([*(row.name for row in open_catalogue(workspace).datasets()), *samples()]))
    raise UserError(f"there is no dataset {name!r}", f"Choose one of {given}")


def find_stored(workspace: Workspace, name: str) -> Dataset:
    """The dataset with this id or name that lies in the workspace; raises `UserError` if there is none, or there are several."""
    found = _stored(workspace, name)
    if not found:
        raise UserError(f"there is no dataset {name!r} in this workspace", "List them with `aeexplorer data list`")
    return open_dataset(workspace.dataset_folder(found))


def _stored(workspace: Workspace, name: str) -> str | None:
    rows = open_catalogue(workspace).datasets()
    found = [row.id for row in rows if name == row.id] or [row.id for row in rows if name == row.name]
    if len(found) > 1:
        raise UserError(f"{len(found)} datasets are named {name!r}", f"Give the id of one: {', '.join(found)}")
    return found[0] if found else None


def rename_dataset(workspace: Workspace, dataset_id: str, name: str) -> Dataset:
    """The same content under another name, in the catalogue too; raises `UserError` for an empty name."""
    dataset = open_dataset(workspace.dataset_folder(dataset_id)).rename(name)
    open_catalogue(workspace).add_dataset(dataset.folder)
    return dataset


def runs_using(workspace: Workspace, dataset_id: str) -> list[str]:
    """Ids of the runs made from a dataset, as their folders say."""
    found = []
    for record in sorted(workspace.runs.glob("run-*/run.json")):
        try:
            if orjson.loads(record.read_bytes())["config"]["dataset"] == dataset_id:
                found.append(record.parent.name)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def require_unused(workspace: Workspace, dataset: Dataset) -> None:
    """Raise `UserError` if a run uses a dataset."""
    users = runs_using(workspace, dataset.id)
    if users:
        some = ", ".join(users[:5]) + (", …" if len(users) > 5 else "")
        raise UserError(f"the dataset {dataset.name!r} is used by {len(users)} run(s)", f"Remove them first: {some}")


def remove_dataset(workspace: Workspace, dataset_id: str) -> None:
    """Delete a dataset.

    Raises
    ------
    UserError
        If there is none with this id, or a run uses it.
    """
    dataset = open_dataset(workspace.dataset_folder(dataset_id))
    require_unused(workspace, dataset)
    remove_folder(workspace, dataset.folder)
    open_catalogue(workspace).forget(dataset_id)
