"""The pool: starts workers for tickets, as many at once as there is room for, and notices those that died."""

import os
import time

from aeexplorer.core.locks import lock
from aeexplorer.core.registry import collect
from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs.executors.base import Executor, Worker
from aeexplorer.jobs.queue import Ticket, changing, count_start, withdraw
from aeexplorer.jobs.status import is_training
from aeexplorer.training.events import EventLog

STARTS = 2
"""Workers a ticket gets: the first, and one more if that one dies."""
DIED_AGAIN = "Its worker died twice{}; worker.log in the run's folder may say why. Resume it to try again."


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class WorkerPool:
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

    def join(self) -> None:
        """Wait until the processes of its workers are gone; for runs that have ended."""
        while self._started:
            self.tend([])
            time.sleep(0.01)

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
