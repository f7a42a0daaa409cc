"""The supervisor: a thread that serves the queue, and takes over the workers that are already running."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from aeexplorer.core.locks import lock
from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs.control import submit
from aeexplorer.jobs.pool import WorkerPool
from aeexplorer.jobs.queue import read_tickets
from aeexplorer.jobs.retries import Retries
from aeexplorer.jobs.status import Status, status, supervisor_is_live

if TYPE_CHECKING:
    from aeexplorer.training.run import Run

QUEUE_INTERVAL_SECONDS = 0.2
SEARCH_INTERVAL_SECONDS = 1.0
"""Time between two rounds over the queue, and over the searches."""


class Supervisor:
    """A thread that serves the queue of a workspace. Only one supervisor per workspace is active at a time.

    Any number of processes may start a supervisor; the others wait until the active one ends. Workers go on when their
    supervisor stops, and the next supervisor takes them over.

    Parameters
    ----------
    workspace
        Workspace whose queue and searches are served.
    concurrency
        Most workers at once; by default one for every eight cores, at least one.
    executor
        Name of the executor that starts the workers.
    """

    def __init__(self, workspace: Workspace, concurrency: int | None = None, executor: str = "local") -> None:
        self.workspace = workspace
        self._pool = WorkerPool(workspace, concurrency, executor)
        self._retries = Retries()
        self._next_search_round = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start the thread, and return at once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread. Workers go on."""
        self._stopping.set()
        self._thread.join()

    def _serve(self) -> None:
        while not self._stopping.wait(QUEUE_INTERVAL_SECONDS):
            with lock(self.workspace.root / "supervisor.lock") as acquired:
                while acquired and not self._stopping.wait(QUEUE_INTERVAL_SECONDS):
                    for name, advance in (("queue", self._serve_queue), ("searches", self._advance_searches)):
                        if self._retries.is_due(name):
                            with self._retries.attempt(name, f"the {name} of {self.workspace.root} could not be served"):
                                advance()

    def _serve_queue(self) -> None:
        self._pool.serve(read_tickets(self.workspace))

    def _advance_searches(self) -> None:
        """Advance the searches from time to time. Their modules are imported only if there is a search."""
        if time.monotonic() < self._next_search_round or not any(_active_searches(self.workspace)):
            return
        self._next_search_round = time.monotonic() + SEARCH_INTERVAL_SECONDS
        from aeexplorer.jobs.searches import advance_searches

        advance_searches(self.workspace, self._pool.concurrency, self._retries)


def _active_searches(workspace: Workspace) -> Iterator[Path]:
    """Iterate over the folders of the searches that have not ended."""
    return (path for path in workspace.searches.glob("search-*") if not (path / "ended.json").exists())


def train_in_worker(workspace: Workspace, run: Run, device: str = "auto") -> Iterator[Status]:
    """Submit a run, and yield its status a few times a second until it is no longer queued or running.

    Without a supervisor, this function starts the run's worker itself. Closing the iterator does not stop the training.
    """
    submit(workspace, run, device)
    pool = WorkerPool(workspace)
    while True:
        if not supervisor_is_live(workspace):
            pool.serve([ticket for ticket in read_tickets(workspace) if ticket.run_id == run.id])
        current = status(run)
        yield current
        if not current.active:
            return pool.join()
        time.sleep(QUEUE_INTERVAL_SECONDS)
