"""Runs kept open, a bounded number of them, so that their models are read once for all pages and routes."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from aeexplorer.core.workspace import Workspace
from aeexplorer.training.run import Run, open_run

KEPT = 8


@dataclass(frozen=True)
class Loaded:
    """A run as it was at one state of its files.

    Parameters
    ----------
    run
        The run; what it has read stays read.
    state
        Tells this state of its weights and results from any other.
    """

    run: Run
    state: str

    @property
    def final(self) -> bool:
        """Whether it was trained to the end, so that nothing about it changes any more."""
        return self.run.finished and self.run.metrics.get("state") == "finished"


_lock = threading.Lock()
_loaded: "OrderedDict[Path, Loaded]" = OrderedDict()


def load(workspace: Workspace, run_id: str) -> Loaded:
    """The run with that id, read anew when its checkpoint or results have changed; the eight used last are kept.

    Raises
    ------
    UserError
        If there is no such run.
    """
    folder = workspace.run_folder(run_id)
    state = _state(folder)
    with _lock:
        found = _loaded.get(folder)
        if found is None or found.state != state:
            found = _loaded[folder] = Loaded(open_run(workspace, run_id), state)
        _loaded.move_to_end(folder)
        while len(_loaded) > KEPT:
            _loaded.popitem(last=False)
    return found


def _state(folder: Path) -> str:
    """The times at which the settings, the newest checkpoint and the results were written."""
    manifests = sorted((folder / "checkpoint").glob("*/manifest.json"))[-1:]
    times = []
    for path in (folder / "run.json", folder / "metrics.json", *manifests):
        try:
            times.append(path.stat().st_mtime_ns)
        except FileNotFoundError:
            times.append(0)
    return "-".join(f"{time:x}" for time in times)
