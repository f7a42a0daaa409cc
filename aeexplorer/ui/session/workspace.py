"""Datasets and runs of the server's workspace, opened once for all sessions. Cache keys are ids and file times, not arrays."""

import os
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import streamlit as st

from aeexplorer.background.damage import dataset_damage, run_damage
from aeexplorer.background.open_runs import open_cached_run
from aeexplorer.core.catalogue import Catalogue, DatasetRow, RunRow, open_catalogue
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, open_dataset
from aeexplorer.jobs.status import Status, status
from aeexplorer.training.run import Run


def workspace() -> Workspace:
    """Return the workspace of this server."""
    return _workspace(os.environ.get("AEEXPLORER_WORKSPACE", ""))


@lru_cache(maxsize=8)
def _workspace(root: str) -> Workspace:
    return Workspace.open(root)


def catalogue() -> Catalogue:
    """Return the catalogue of the workspace."""
    return _catalogue(str(workspace().root), workspace().catalogue.exists())


@st.cache_resource(max_entries=4, show_spinner=False)
def _catalogue(root: str, exists: bool) -> Catalogue:
    return open_catalogue(Workspace.open(root))


def dataset_of(dataset_id: str) -> Dataset:
    """Return the dataset with this id. Raises `UserError` if there is none."""
    folder = workspace().dataset_folder(dataset_id)
    record = folder / "dataset.json"
    return _dataset(str(folder), record.stat().st_mtime_ns if record.exists() else 0)


@st.cache_resource(max_entries=32, show_spinner=False)
def _dataset(folder: str, changed: int) -> Dataset:
    return open_dataset(Path(folder))


def run_of(run_id: str) -> Run:
    """Return the run with this id, the same object until its files change. Raises `UserError` if there is none."""
    return open_cached_run(workspace(), run_id).run


def is_run(run_id: str) -> bool:
    """Return whether there is a run with this id."""
    try:
        return (workspace().run_folder(run_id) / "run.json").exists()
    except UserError:
        return False


def version_of(run_id: str) -> str:
    """Return a text for cache keys that changes when the results or the weights of a run change."""
    return open_cached_run(workspace(), run_id).version


@dataclass(frozen=True)
class ListedRun:
    """A run of a list of runs."""

    row: RunRow
    dataset: str
    """Name of the dataset of the run."""
    run: Run

    @property
    def title(self) -> str:
        """Title in one line: name, dataset and, unless the training finished normally, how it ended."""
        metrics = self.run.folder / "metrics.json"
        ended = _ended(str(metrics), metrics.stat().st_mtime_ns) if metrics.exists() else self.status.state
        return " · ".join([self.row.name, self.dataset, *([] if ended == "finished" else [ended])])

    @cached_property
    def status(self) -> Status:
        """Status of the run."""
        return status(self.run)


@lru_cache(maxsize=1024)
def _ended(metrics: str, changed: int) -> str:
    return str(Run(Path(metrics).parent).metrics.get("state", "finished"))


def listed_runs() -> list[ListedRun]:
    """Return all runs, from the newest to the oldest, without runs that are being removed."""
    catalogue()  # creates the file if it is missing
    index = workspace().catalogue.stat()
    root = workspace().runs
    indexed = _indexed(str(root), index.st_mtime_ns, index.st_size)
    return [
        ListedRun(row, dataset, Run(root / row.id))
        for row, dataset in indexed
        if (root / row.id / "run.json").exists() and not run_damage(root / row.id)
    ]


def damaged_runs() -> dict[str, str]:
    """Return the reason why each damaged run cannot be used, by its id."""
    folders = sorted(folder for folder in workspace().runs.glob("run-*") if folder.is_dir())
    return {folder.name: reason for folder in folders if (reason := run_damage(folder))}


def usable_datasets() -> list[DatasetRow]:
    """Return all datasets whose files are whole, from the newest to the oldest."""
    return [row for row in catalogue().datasets() if not dataset_damage(workspace().datasets / row.id)]


def damaged_datasets() -> dict[str, str]:
    """Return the reason why each damaged dataset cannot be used, by its id."""
    folders = sorted(folder for folder in workspace().datasets.glob("ds-*") if folder.is_dir())
    return {folder.name: reason for folder in folders if (reason := dataset_damage(folder))}


@lru_cache(maxsize=4)
def _indexed(root: str, changed: int, size: int) -> list[tuple[RunRow, str]]:
    """Return the row of every run and the name of its dataset. They are read again when the catalogue changes."""
    names = {row.id: row.name for row in catalogue().datasets()}
    return [(row, names.get(row.dataset, row.dataset)) for row in catalogue().runs()]


def explorable_runs(listed: list[ListedRun]) -> list[ListedRun]:
    """Return the runs that have results to explore."""
    return [entry for entry in listed if entry.run.finished]
