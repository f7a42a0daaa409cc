"""The worker pool: starts workers for tickets, a limited number at once, and gives up on tickets whose workers die."""

import os
import time

from aeexplorer.core.locks import lock
from aeexplorer.core.logs import package_logger
from aeexplorer.core.registry import collect
from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs.executors.base import Executor, Worker
from aeexplorer.jobs.queue import Ticket, count_start, queue_lock, withdraw
from aeexplorer.jobs.status import is_training
from aeexplorer.training.events import EventLog

_log = package_logger(__name__)

MAX_STARTS = 2
"""Workers that are started for a ticket: the first, and a second one if the first dies."""
DIED_AGAIN = "Its worker died twice{}. The file worker.log in the run's folder may say why. Resume the run to try again."


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class WorkerPool:
    """Workers for the tickets of a workspace. Together they use half of the cores.

    Parameters
    ----------
    workspace
        Workspace whose queue is served.
    concurrency
        Most workers at once; by default one for every eight cores, at least one.
    executor
        Name of the executor that starts the workers.
    """

    def __init__(self, workspace: Workspace, concurrency: int | None = None, executor: str = "local") -> None:
        self.workspace = workspace
        self.concurrency = concurrency or max(1, cores() // 8)
        self.threads = max(1, cores() // (2 * self.concurrency))
        self._executor: Executor = collect("aeexplorer.jobs.executors", Executor)[executor]()
        self._workers: dict[str, Worker] = {}

    def serve(self, tickets: list[Ticket]) -> None:
        """Start workers for the first tickets, as many as there is room for.

        Tickets whose workers keep dying are withdrawn, and their runs are marked as interrupted.
        """
        # forget the workers that have ended
        exit_reasons = {run_id: reason for run_id, worker in self._workers.items() if (reason := worker.exit_reason())}
        for run_id in exit_reasons:
            del self._workers[run_id]
        # start new ones
        idle = [ticket for ticket in tickets if not self._is_busy(ticket)]
        room = self.concurrency - (len(tickets) - len(idle))
        for ticket in idle:
            folder = self.workspace.run_folder(ticket.run_id)
            if not (folder / "run.json").exists():
                withdraw(self.workspace, ticket.run_id)
            elif ticket.starts >= MAX_STARTS:
                self._give_up(ticket, exit_reasons.get(ticket.run_id))
            elif room > 0 and count_start(self.workspace, ticket):
                again = ", again" if ticket.starts else ""
                _log.info("starting a worker for %s on %s%s", ticket.run_id, ticket.device, again)
                self._workers[ticket.run_id] = self._executor.start(folder, ticket.device, self.threads)
                room -= 1

    def join(self) -> None:
        """Wait until the processes of the started workers are gone. Their runs must have ended."""
        while self._workers:
            self.serve([])
            time.sleep(0.01)

    def _is_busy(self, ticket: Ticket) -> bool:
        return ticket.run_id in self._workers or is_training(self.workspace.run_folder(ticket.run_id))

    def _give_up(self, ticket: Ticket, exit_reason: str | None) -> None:
        """Mark a run as interrupted, and withdraw its ticket."""
        folder = self.workspace.run_folder(ticket.run_id)
        with queue_lock(self.workspace), lock(folder / "lock") as acquired:
            if not acquired or not ticket.path.exists():
                return
            _log.warning("gave up on %s: its workers died %d times (%s)", ticket.run_id, ticket.starts, exit_reason or "killed")
            with EventLog(folder) as log:
                log.append("interrupted", message=DIED_AGAIN.format(f" ({exit_reason})" if exit_reason else ""))
            withdraw(self.workspace, ticket.run_id)
