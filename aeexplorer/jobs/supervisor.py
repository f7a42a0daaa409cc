"""The supervisor: a thread that serves the queue, and adopts the workers that it finds at work."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from aeexplorer.core.locks import lock
from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs.control import submit
from aeexplorer.jobs.pool import WorkerPool
from aeexplorer.jobs.queue import tickets
from aeexplorer.jobs.status import Status, status, supervisor_is_live

if TYPE_CHECKING:
    from aeexplorer.training.run import Run

PERIOD = 0.2
"""Seconds between two looks at the queue."""
SEARCH_PERIOD = 1.0
"""Seconds between two looks at the searches."""

_log = logging.getLogger(__name__)


class Supervisor:
    """Serves the queue of a workspace from a thread, for as long as this process is the one that does.

    Any number of processes may start one; those that come second wait in case the first one ends. Workers go on
    when their supervisor stops, and the next one adopts them.
    """

    def __init__(self, workspace: Workspace, concurrency: int | None = None, executor: str = "local") -> None:
        self.workspace = workspace
        self._crew = WorkerPool(workspace, concurrency, executor)
        self._searched = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="supervisor", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; workers are left to work."""
        self._stopping.set()
        self._thread.join()

    def _serve(self) -> None:
        while not self._stopping.wait(PERIOD):
            with lock(self.workspace.root / "supervisor.lock") as held:
                while held and not self._stopping.wait(PERIOD):
                    try:
                        self._crew.tend(tickets(self.workspace))
                        self._search()
                    except Exception:
                        _log.exception("the queue of %s could not be served", self.workspace.root)

    def _search(self) -> None:
        """Drive the searches, now and then; what that needs is imported once there is one."""
        if time.monotonic() < self._searched + SEARCH_PERIOD or not any(_unended(self.workspace)):
            return
        from aeexplorer.jobs.searches import drive_searches

        drive_searches(self.workspace, self._crew.concurrency)
        self._searched = time.monotonic()


def _unended(workspace: Workspace) -> Iterator[Path]:
    return (path for path in workspace.searches.glob("search-*") if not (path / "ended.json").exists())


def train_in_worker(workspace: Workspace, run: Run, device: str = "auto") -> Iterator[Status]:
    """Submit a run and watch it, a few times a second, until it neither waits nor trains.

    Where no supervisor serves the workspace, the run's worker is started from here. Closing the iterator leaves it training.
    """
    submit(workspace, run, device)
    pool = WorkerPool(workspace)
    while True:
        if not supervisor_is_live(workspace):
            pool.tend([ticket for ticket in tickets(workspace) if ticket.run_id == run.id])
        now = status(run)
        yield now
        if not now.active:
            return pool.join()
        time.sleep(PERIOD)
