"""Whether a workspace is whole, how to mend it, and what this machine offers."""

import importlib.metadata
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from aeexplorer.catalogue import Catalogue, open_catalogue
from aeexplorer.data.dataset import content_hash
from aeexplorer.errors import UserError
from aeexplorer.jobs.queue import queued_ids
from aeexplorer.jobs.status import is_training
from aeexplorer.training.checkpoint import damage
from aeexplorer.training.run import Run
from aeexplorer.workspace import Workspace, sweep

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "microsoft-edge")
_PACKAGES = ("aeexplorer", "streamlit", "plotly", "torch", "torchvision", "umap-learn", "numpy")
_REPAIR = "Run `aeexplorer doctor --repair`"


@dataclass(frozen=True)
class Problem:
    """Something that is not as it was written."""

    where: str
    what: str
    fix: str


def check_workspace(workspace: Workspace) -> list[Problem]:
    """Everything that is wrong in a workspace; reads all datasets and checkpoints once, changes nothing."""
    return [*_datasets(workspace), *_runs(workspace), *_queue(workspace), *_catalogue(workspace), *_left_behind(workspace)]


def repair(workspace: Workspace) -> list[str]:
    """Rebuild the catalogue from the folders and sweep staging; returns what was done, a sentence each."""
    for path in workspace.root.glob("catalogue.sqlite*"):
        path.unlink()
    datasets, runs = Catalogue(workspace).rebuild()
    swept = sweep(workspace)
    left = "folder" if swept == 1 else "folders"
    return [
        f"The catalogue was rebuilt from the folders: datasets {datasets}, runs {runs}.",
        f"{swept} half-made {left} swept from staging.",
    ]


def describe_machine() -> dict[str, str]:
    """Versions, accelerators, browser."""
    import torch

    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    cuda = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
    chromium = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    return {**found, "CUDA": cuda, "Chromium": chromium or "none; only the browser tests need one"}


def _datasets(workspace: Workspace) -> Iterator[Problem]:
    for folder in sorted(workspace.datasets.glob("ds-*")):
        try:
            record = orjson.loads((folder / "dataset.json").read_bytes())
            true_id = f"ds-{content_hash(folder, record)[:12]}"
        except (OSError, ValueError, KeyError, TypeError):
            yield Problem(folder.name, "its dataset.json cannot be read", f"Delete {folder}, and add the data again")
            continue
        if true_id != folder.name:
            yield Problem(folder.name, "its content is not what was stored", f"Delete {folder}, and add the data again")


def _runs(workspace: Workspace) -> Iterator[Problem]:
    for folder in sorted(workspace.runs.glob("run-*")):
        run = Run(folder)
        try:
            config = run.config
        except (UserError, KeyError, TypeError):
            yield Problem(folder.name, "its run.json cannot be read", f"Delete {folder}")
            continue
        if not (workspace.dataset_folder(config.dataset) / "dataset.json").is_file():
            yield Problem(folder.name, f"its dataset {config.dataset} is gone", "Add the dataset again, or remove the run")
        if is_training(folder):
            continue
        for path in sorted((folder / "checkpoint").glob("*")):
            if reason := damage(path):
                yield Problem(f"{folder.name}, checkpoint {path.name}", reason, f"Delete {path}")


def _queue(workspace: Workspace) -> Iterator[Problem]:
    for run_id in queued_ids(workspace):
        if not (workspace.run_folder(run_id) / "run.json").is_file():
            yield Problem(run_id, "it waits in the queue, but its folder is gone", "Start the app, which drops it")


def _catalogue(workspace: Workspace) -> Iterator[Problem]:
    catalogue = open_catalogue(workspace)
    indexed = {row.id for row in catalogue.datasets()} | {row.id for row in catalogue.runs()}
    records = [*workspace.datasets.glob("ds-*/dataset.json"), *workspace.runs.glob("run-*/run.json")]
    there = {path.parent.name for path in records}
    for name in sorted(there - indexed):
        yield Problem(name, "the catalogue does not list it", _REPAIR)
    for name in sorted(indexed - there):
        yield Problem(name, "the catalogue lists it, but its folder is gone", _REPAIR)


def _left_behind(workspace: Workspace) -> Iterator[Problem]:
    from aeexplorer.locks import is_locked

    for folder in sorted(workspace.staging.iterdir()):
        if not is_locked(folder):
            yield Problem(f"staging/{folder.name}", "interrupted work left it", _REPAIR)
