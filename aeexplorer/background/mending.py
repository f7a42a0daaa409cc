"""Mending damaged runs and datasets, for `aeexplorer doctor --repair`.

What can be computed again is: results from the weights, maps when they are asked for. Other damaged files are set aside, in the
folder ``damaged/`` of the workspace, so that nothing is lost that somebody may still want.
"""

import time
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from aeexplorer.background.damage import find_dataset_damage, find_run_damage
from aeexplorer.core.errors import UserError, reason_of
from aeexplorer.core.locks import is_locked
from aeexplorer.core.workspace import Workspace, fsync_folder
from aeexplorer.data.tags import TAGS_FILE, read_tags
from aeexplorer.training.checkpoint import load_checkpoint, load_weights
from aeexplorer.training.events import read_events
from aeexplorer.training.records import read_metrics, read_run_record
from aeexplorer.training.results import write_results
from aeexplorer.training.run import Run
from aeexplorer.training.trainer import prepare


def find_extras_damage(folder: Path) -> dict[Path, str]:
    """Return the reason for each damaged file beside the results of a run: maps, snapshots, tags and the event log."""
    damage = {}
    for path in sorted([*(folder / "projections").glob("*.safetensors"), *(folder / "snapshots").glob("*.safetensors")]):
        try:
            with safe_open(path, "numpy") as stored:
                _ = list(stored.keys())
        except (OSError, SafetensorError, ValueError):
            damage[path] = f"its {path.parent.name}/{path.name} cannot be read"
    try:
        read_tags(folder / TAGS_FILE, Run(folder).dataset.n)
    except UserError:
        pass  # its dataset is damaged, which is another problem
    except (OSError, ValueError) as error:
        damage[folder / TAGS_FILE] = f"its tags cannot be read ({reason_of(error)})"
    events = folder / "events.jsonl"
    if events.exists() and not read_events(events) and (not events.is_file() or events.stat().st_size):
        damage[events] = "its events.jsonl cannot be read"
    return damage


def mend_dataset(workspace: Workspace, folder: Path) -> str:
    """Set a damaged dataset aside. Return a sentence about it, or an empty text if the dataset is whole."""
    reason = find_dataset_damage(folder, deep=True)
    if not reason or _is_newer(reason):
        return ""
    return f"The dataset {folder.name} was set aside in {set_aside(workspace, folder)}: {reason}."


def mend_run(workspace: Workspace, folder: Path) -> str:
    """Mend what can be computed again in a run, and set other damaged files aside.

    Returns
    -------
    str
        A sentence about what was done; an empty text if nothing was.
    """
    if is_locked(folder / "lock"):
        return ""
    repairs = []
    for path in find_extras_damage(folder):
        if path.parent == folder:
            repairs.append(f"{path.name} was set aside in {set_aside(workspace, path, folder.name)}")
        else:
            path.unlink(missing_ok=True)
            repairs.append(f"{path.parent.name}/{path.name} was removed")
    reason = find_run_damage(folder, deep=True)
    if reason and not _is_newer(reason) and not _awaits_its_dataset(folder, reason):
        if _is_evaluated_again(Run(folder)):
            repairs.append(f"its results were computed again from its weights ({reason})")
        else:
            repairs.append(f"it was set aside in {set_aside(workspace, folder)}: {reason}")
    return f"The run {folder.name}: {'; '.join(repairs)}." if repairs else ""


def set_aside(workspace: Workspace, path: Path, owner: str = "") -> Path:
    """Move a damaged file or folder into ``damaged/``, and return where it is now."""
    parent = workspace.root / "damaged"
    parent.mkdir(exist_ok=True)
    target = parent / "-".join(filter(None, (owner, path.name, str(time.time_ns()))))
    path.rename(target)
    fsync_folder(path.parent)
    return target


def _is_newer(reason: str) -> bool:
    return "newer version" in reason


def _awaits_its_dataset(folder: Path, reason: str) -> bool:
    """Return whether the run itself may be whole: its dataset is missing or damaged, or another version reads its settings."""
    if "dataset ds-" in reason:
        return True
    try:
        read_run_record(folder)
    except (OSError, ValueError):
        return False
    return "another version" in reason


def _is_evaluated_again(run: Run) -> bool:
    """Compute the results of a run from its weights. Return whether that was possible."""
    try:
        checkpoint = load_checkpoint(run.folder / "checkpoint")
        if checkpoint is None:
            return False
        with torch.random.fork_rng(devices=[]):
            trainer = prepare(run.config, run.dataset, torch.device("cpu"))
            load_weights(trainer.model, checkpoint.final_weights)
            write_results(run, trainer, _facts(run))
    except (OSError, ValueError, RuntimeError):  # the model does not fit, or its numbers are not finite
        return False
    return not find_run_damage(run.folder, deep=True)


def _facts(run: Run) -> dict[str, Any]:
    """Return what only the training knew: from its metrics if they can be read, else from its last events."""
    try:
        metrics = read_metrics(run.folder)
    except (OSError, ValueError):
        metrics = {key: value for event in run.events() for key, value in event.items()}
        metrics["state"] = "finished"
    names = ("seconds", "cpu_seconds", "samples_per_second", "device", "precision", "epochs", "state", "versions")
    defaults = {"seconds": 0.0, "cpu_seconds": 0.0, "samples_per_second": 0.0, "device": "cpu"}
    return defaults | {name: metrics[name] for name in names if metrics.get(name) is not None}
