"""What is wrong with the files of runs and datasets. One damaged run or dataset takes nothing else down: lists leave it out."""

import contextlib
import os
from functools import lru_cache
from pathlib import Path

from aeexplorer.core.errors import UserError, reason_of
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.records import check_dataset_files
from aeexplorer.training.checkpoint import describe_damage, load_checkpoint
from aeexplorer.training.events import require_known_events
from aeexplorer.training.records import RESULTS, check_results
from aeexplorer.training.run import Run

Signature = tuple[tuple[int, int], ...]
"""Modification time and size of each file, zero for missing ones."""


def find_dataset_damage(folder: Path, deep: bool = False) -> str:
    """Return the reason why a dataset cannot be used; an empty text if its files are whole.

    Parameters
    ----------
    folder
        Folder of the dataset.
    deep
        Whether to read all content. Else only the record and the headers of the other files are read.
    """
    try:
        check_dataset_files(folder, deep)
    except (OSError, ValueError) as error:
        return reason_of(error)
    return ""


def find_run_damage(folder: Path, deep: bool = False) -> str:
    """Return the reason why a run cannot be used; an empty text if its files are whole.

    A run whose training has not finished needs only its settings and its dataset.

    Parameters
    ----------
    folder
        Folder of the run.
    deep
        Whether to read all numbers of the results, and the checkpoints of a finished run. Else only headers are read.
    """
    run = Run(folder)
    try:
        dataset = Workspace(folder.parent.parent).dataset_folder(run.config.dataset)
        if not dataset.exists():
            return f"its dataset {dataset.name} is missing"
        if reason := find_dataset_damage(dataset):
            return f"its dataset {dataset.name} is damaged: {reason}"
        require_known_events(folder / "events.jsonl")
        if run.finished:
            check_results(folder, run.dataset.n, deep)
            if not any((folder / "checkpoint").glob("*/manifest.json")):
                return "its checkpoint is missing"
            if deep and load_checkpoint(folder / "checkpoint") is None:
                return next(iter(describe_damage(folder / "checkpoint")), "its checkpoint is missing")
    except UserError as error:
        return error.reason.removeprefix(f"the run {run.id} is damaged: ")
    except (OSError, ValueError) as error:
        return reason_of(error)
    return ""


def dataset_damage(folder: Path) -> str:
    """Return the reason why a dataset cannot be used, from the headers of its files. They are read again when they change."""
    return _dataset_damage(folder, _dataset_signature(folder))


def run_damage(folder: Path) -> str:
    """Return the reason why a run cannot be used, from the headers of its files. They are read again when they change."""
    return _run_damage(folder, run_signature(folder))


def run_signature(folder: Path) -> Signature:
    """Return the signature of a run's settings, results and checkpoints, and of its dataset; quick, for whole lists."""
    path = str(folder)
    settings = _status(f"{path}/run.json")
    own = [settings, *(_status(f"{path}/{name}") for name in RESULTS), _status(f"{path}/checkpoint")]
    return (*own, *_dataset_signature(folder.parent.parent / "datasets" / _dataset_id(folder, settings)))


@lru_cache(maxsize=4096)
def _run_damage(folder: Path, signature: Signature) -> str:
    return find_run_damage(folder)


@lru_cache(maxsize=1024)
def _dataset_damage(folder: Path, signature: Signature) -> str:
    return find_dataset_damage(folder)


@lru_cache(maxsize=4096)
def _dataset_id(folder: Path, settings: tuple[int, int]) -> str:
    """Return the id of a run's dataset; the name of no dataset if the settings cannot be read."""
    with contextlib.suppress(UserError):
        return Run(folder).config.dataset
    return "none"


def _dataset_signature(folder: Path) -> Signature:
    path = str(folder)
    names = ["dataset.json", "table.arrow", "split.npy"]
    with contextlib.suppress(OSError):
        names += [f"fields/{name}" for name in sorted(os.listdir(f"{path}/fields"))]  # noqa: PTH208 (pathlib is slow)
    return tuple(_status(f"{path}/{name}") for name in names)


def _status(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)  # noqa: PTH116 (pathlib is slow)
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size
