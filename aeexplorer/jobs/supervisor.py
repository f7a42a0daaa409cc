"""The supervisor: a thread that starts workers for the first tickets, adopts those it finds, and notices those that died."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aeexplorer.jobs.control import submit
from aeexplorer.jobs.executors.base import Executor, Worker
from aeexplorer.jobs.queue import Ticket, changing, count_start, tickets, withdraw
from aeexplorer.jobs.status import Status, is_training, status
from aeexplorer.locks import is_locked, lock
from aeexplorer.registry import collect
from aeexplorer.training.events import EventLog
from aeexplorer.workspace import Workspace

if TYPE_CHECKING:
    from aeexplorer.training.run import Run

STARTS = 2
"""Workers a ticket gets: the first, and one more if that one dies."""
PERIOD = 0.2
"""Seconds between two looks at the queue."""
DIED_AGAIN = "Its worker died twice{}; worker.log in the run's folder may say why. Resume it to try again."

_log = logging.getLogger(__name__)


def supervisor_is_live(workspace: Workspace) -> bool:
    """Whether some process supervises the workspace."""
    return is_locked(workspace.root / "supervisor.lock")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Crew:
    """The workers of the tickets: at most so many at once, each with its share of half the cores.

    Parameters
    ----------
    workspace
        Whose queue it serves.
    concurrency
        Workers at once; by default one for every eight cores, at least one.
    executor
        Name of what starts them.
    """

    def __init__(self, workspace: Workspace, concurrency: int | None = None, executor: str = "local") -> None:
        self.workspace = workspace
        self.concurrency = concurrency or max(1, cores() // 8)
        self.threads = max(1, cores() // (2 * self.concurrency))
        self._executor: Executor = collect("aeexplorer.jobs.executors", Executor)[executor]()
        self._started: dict[str, Worker] = {}

    def tend(self, waiting: list[Ticket]) -> None:
        """Start workers for the first tickets, as far as there is room; give up on those whose workers keep dying."""
        ended = {run_id: how for run_id, worker in self._started.items() if (how := worker.ended())}
        for run_id in ended:
            del self._started[run_id]
        idle = [ticket for ticket in waiting if not self._is_busy(ticket)]
        room = self.concurrency - (len(waiting) - len(idle))
        for ticket in idle:
            folder = self.workspace.run_folder(ticket.run_id)
            if not (folder / "run.json").exists():
                withdraw(self.workspace, ticket.run_id)
            elif ticket.starts >= STARTS:
                self._give_up(ticket, ended.get(ticket.run_id))
            elif room > 0 and count_start(self.workspace, ticket):
                self._started[ticket.run_id] = self._executor.start(folder, ticket.device, self.threads)
                room -= 1

    def _is_busy(self, ticket: Ticket) -> bool:
        return ticket.run_id in self._started or is_training(self.workspace.run_folder(ticket.run_id))

    def _give_up(self, ticket: Ticket, how: str | None) -> None:
        folder = self.workspace.run_folder(ticket.run_id)
        with changing(self.workspace), lock(folder / "lock") as held:
            if not held or not ticket.path.exists():
                return
            with EventLog(folder) as log:
                log.append("interrupted", message=DIED_AGAIN.format(f" ({how})" if how else ""))
            withdraw(self.workspace, ticket.run_id)


class Supervisor:
    """Serves the queue of a workspace from a thread, for as long as this process is the one that does.

    Any number of processes may start one; those that come second wait in case the first one ends. Workers go on
    when their supervisor stops, and the next one adopts them.
    """

    def __init__(self, workspace: Workspace, concurrency: int | None = None, executor: str = "local") -> None:
        self.workspace = workspace
        self._crew = Crew(workspace, concurrency, executor)
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
                    except OSError:
                        _log.exception("the queue of %s could not be served", self.workspace.root)


def train_in_worker(workspace: Workspace, run: Run, device: str = "auto") -> Iterator[Status]:
    """Submit a run and watch it, a few times a second, until it neither waits nor trains.

    Where no supervisor serves the workspace, the run's worker is started from here. Closing the iterator leaves it training.
    """
    submit(workspace, run, device)
    crew = Crew(workspace)
    while True:
        if not supervisor_is_live(workspace):
            crew.tend([ticket for ticket in tickets(workspace) if ticket.run_id == run.id])
        now = status(run)
        yield now
        if not now.active:
            return
        time.sleep(PERIOD)
