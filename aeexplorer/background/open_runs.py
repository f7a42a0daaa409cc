"""A cache of open runs, shared by all pages and routes, so that each model is read only once."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from aeexplorer.background.damage import find_run_damage, run_signature
from aeexplorer.core.workspace import Workspace
from aeexplorer.training.run import Run, open_run

MAX_OPEN_RUNS = 8
"""Number of runs in the cache."""


@dataclass(frozen=True)
class OpenRun:
    """A run at one version of its files.

    Parameters
    ----------
    run
        The run, with what it has read already.
    version
        Identifies this version of the settings, weights and results.
    """

    run: Run
    version: str

    @property
    def is_final(self) -> bool:
        """Whether training is complete, so that the run does not change any more."""
        return self.run.finished and self.run.metrics.get("state") == "finished"


_lock = threading.Lock()
_open_runs: "OrderedDict[Path, OpenRun]" = OrderedDict()


def open_cached_run(workspace: Workspace, run_id: str) -> OpenRun:
    """Open a run, or return it from the cache if its files have not changed.

    The cache holds the eight runs that were used last.

    Raises
    ------
    Damaged
        If its files cannot be used. All its results are checked when it is opened.
    UserError
        If there is no such run.
    """
    folder = workspace.run_folder(run_id)
    version = _version(folder)
    with _lock:
        entry = _open_runs.get(folder)
        if entry is None or entry.version != version:
            run = open_run(workspace, run_id)
            if run.finished and (reason := find_run_damage(folder, deep=True)):
                raise run.damaged(ValueError(reason))
            entry = _open_runs[folder] = OpenRun(run, version)
        _open_runs.move_to_end(folder)
        while len(_open_runs) > MAX_OPEN_RUNS:
            _open_runs.popitem(last=False)
    return entry


def _version(folder: Path) -> str:
    """Return a text that changes with the settings, the results, the newest checkpoint and the dataset of a run."""
    manifests = sorted((folder / "checkpoint").glob("*/manifest.json"))[-1:]
    times = [path.stat().st_mtime_ns for path in manifests if path.exists()]
    return hashlib.blake2b(repr((run_signature(folder), times)).encode(), digest_size=12).hexdigest()
