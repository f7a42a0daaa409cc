"""Runs by their settings: creating them, and finding those that exist. The same settings are one run.

The folder of a run is named after its settings, as the version of aeexplorer that made it wrote them. A later version may write
them differently, so folders of another name are compared by the id that their settings have now.
"""

from collections.abc import Callable, Collection
from functools import lru_cache
from pathlib import Path

import orjson

from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.settings import parse
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import open_dataset
from aeexplorer.training.config import RunConfig
from aeexplorer.training.estimate import estimate
from aeexplorer.training.records import RUN_FORMAT
from aeexplorer.training.run import Run, write_run


def create_run(workspace: Workspace, config: RunConfig, name: str, preset: str = "") -> Run:
    """Check settings against their dataset, write the run's folder and index the run in the catalogue.

    The same settings are one run: if a run with them exists, also one of an earlier version, that run is returned.

    Parameters
    ----------
    workspace
        Holds the dataset, and will hold the run.
    config
        Settings of the run.
    name
        The run's name, for people.
    preset
        Name of the preset that the settings started from.

    Raises
    ------
    UserError
        If the dataset is not in the workspace or has no such fold, or if the settings do not fit the dataset.
        Nothing is created then.
    """
    if existing := find_run(workspace, config):
        return existing
    dataset = open_dataset(workspace.dataset_folder(config.dataset))
    estimate(config, dataset.rotated(config.fold, config.folds))
    run = write_run(workspace, config, name, preset)
    open_catalogue(workspace).add_run(run.folder)
    return run


def find_runs(workspace: Workspace, configs: Collection[RunConfig]) -> list[Run | None]:
    """Return the run with each of some settings; None for settings without a run."""
    datasets = {config.dataset for config in configs}
    folders = find_folders(workspace.runs, "run.json", [config.run_id for config in configs], datasets, _run_id)
    return [None if folder is None else Run(folder) for folder in folders]


def find_run(workspace: Workspace, config: RunConfig) -> Run | None:
    """Return the run with these settings; None if there is none."""
    return find_runs(workspace, [config])[0]


def find_folders(
    parent: Path, record: str, ids: Collection[str], datasets: Collection[str], present_id: Callable[[bytes], str]
) -> list[Path | None]:
    """Return the folder for each id: the one of that name, or else the one whose record stands for that id now.

    Parameters
    ----------
    parent
        Folder of the folders.
    record
        Name of the file with the settings in each folder.
    ids
        Ids of settings, as this version makes them.
    datasets
        Ids of their datasets. Records that do not name one of them are not parsed.
    present_id
        Function from the content of a record to its id in this version; an empty text if it cannot be read.
    """
    folders = {name: parent / name for name in ids if (parent / name).exists()}
    missing = set(ids) - set(folders)
    for path in sorted(parent.glob(f"*/{record}")) if missing else ():
        try:
            content = path.read_bytes()
        except OSError:
            continue
        if any(dataset.encode() in content for dataset in datasets) and (name := present_id(content)) in missing:
            folders.setdefault(name, path.parent)
    return [folders.get(name) for name in ids]


@lru_cache(maxsize=4096)
def _run_id(content: bytes) -> str:
    """Return the id that the settings in a ``run.json`` have in this version; an empty text if they cannot be read."""
    try:
        config: RunConfig = parse(RunConfig, RUN_FORMAT.read(orjson.loads(content))["config"])
    except (ValueError, KeyError, TypeError):
        return ""
    return config.run_id
