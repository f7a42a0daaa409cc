"""The worker pool: starts workers for tickets, a limited number at once, and gives up on tickets whose workers die."""

import os
import time

from aeexplorer.core.disk import DiskFull, has_space
from aeexplorer.core.locks import lock
from aeexplorer.core.logs import package_logger
from aeexplorer.core.registry import collect
from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs.executors.base import Executor, Worker
from aeexplorer.jobs.hangs import HangWatch
from aeexplorer.jobs.queue import Ticket, count_start, forgive_start, queue_lock, withdraw
from aeexplorer.jobs.requests import is_followed, read_request, withdraw_request, write_request
from aeexplorer.jobs.retries import Retries
from aeexplorer.jobs.status import is_training
from aeexplorer.training.events import EventLog

_log = package_logger(__name__)

MAX_STARTS = 2
"""Workers that are started for a ticket: the first, and a second one if the first dies."""
MAX_FAILED_STARTS = 4
"""Failed attempts to start a worker in a row after which its run is given up."""
DIED_AGAIN = "Its worker died twice{}. The file worker.log in the run's folder may say why. Resume the run to try again."
NOT_STARTED = "Its worker could not be started ({}). Resume the run to try again."


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_concurrency() -> int:
    """Return the number of workers that train at the same time by default: one for every eight cores, at least one."""
    return max(1, cores() // 8)


def threads_of_a_worker(concurrency: int) -> int:
    """Return the number of threads that each of some workers computes with, so that together they use half of the cores."""
    return max(1, cores() // (2 * concurrency))


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
        self.concurrency = concurrency or default_concurrency()
        self.threads = threads_of_a_worker(self.concurrency)
        self._executor: Executor = collect("aeexplorer.jobs.executors", Executor)[executor]()
        self._workers: dict[str, Worker] = {}
        self._exit_reasons: dict[str, str] = {}
        self._hangs, self._retries = HangWatch(), Retries()
        self._was_disk_full = False

    def serve(self, tickets: list[Ticket]) -> None:
        """Start workers for the first tickets, as many as there is room for, and kill workers that hang.

        Tickets whose workers keep dying are withdrawn, and their runs are marked as interrupted. A ticket that fails in any
        other way is tried again later, and does not disturb the others.
        """
        # forget the workers that have ended
        for run_id, worker in list(self._workers.items()):
            if reason := worker.exit_reason():
                del self._workers[run_id]
                self._exit_reasons.setdefault(run_id, reason)
        # watch the running ones, and start new ones
        busy = set()
        for ticket in tickets:
            with self._retries.attempt(f"watch {ticket.run_id}", f"the worker of {ticket.run_id} could not be watched"):
                if not self._is_busy(ticket):
                    continue
                busy.add(ticket.run_id)
                folder = self.workspace.run_folder(ticket.run_id)
                if reason := self._hangs.kill_if_hung(folder):
                    self._exit_reasons[ticket.run_id] = f"{reason}, so it was killed"
                    if read_request(folder) == "cancel" and not is_followed(folder):
                        forgive_start(self.workspace, ticket.run_id)  # the next worker only writes the results
        room = 0 if self._is_disk_full() else self.concurrency - len(busy)
        for ticket in tickets:
            if room > 0 and ticket.run_id not in busy and self._retries.is_due(ticket.run_id):
                with self._retries.attempt(ticket.run_id, f"no worker could be started for {ticket.run_id}"):
                    room -= self._serve_ticket(ticket)

    def _serve_ticket(self, ticket: Ticket) -> bool:
        """Start a worker for a ticket, or give it up. Return whether a worker was started."""
        folder = self.workspace.run_folder(ticket.run_id)
        failure = self._retries.failure(ticket.run_id)
        if not (folder / "run.json").exists():
            withdraw(self.workspace, ticket.run_id)
        elif failure is not None and failure.count >= MAX_FAILED_STARTS:
            self._give_up(ticket, NOT_STARTED.format(str(failure.error) or type(failure.error).__name__))
        elif ticket.starts >= MAX_STARTS:
            reason = self._exit_reasons.pop(ticket.run_id, None)
            self._give_up(ticket, DIED_AGAIN.format(f" ({reason})" if reason else ""))
        elif count_start(self.workspace, ticket):
            again = ", again" if ticket.starts else ""
            _log.info("starting a worker for %s on %s%s", ticket.run_id, ticket.device, again)
            self._exit_reasons.pop(ticket.run_id, None)
            try:
                self._workers[ticket.run_id] = self._executor.start(folder, ticket.device, self.threads)
            except Exception:
                forgive_start(self.workspace, ticket.run_id)
                raise
            return True
        return False

    def join(self) -> None:
        """Wait until the processes of the started workers are gone. Their runs must have ended."""
        while self._workers:
            self.serve([])
            time.sleep(0.01)

    def _is_disk_full(self) -> bool:
        """Return whether the disk is full, so that workers would only fail. The log says when it becomes full."""
        is_full = not has_space(self.workspace.root)
        if is_full and not self._was_disk_full:
            _log.warning("no worker is started while the disk of %s is full", self.workspace.root)
        self._was_disk_full = is_full
        return is_full

    def _is_busy(self, ticket: Ticket) -> bool:
        return ticket.run_id in self._workers or is_training(self.workspace.run_folder(ticket.run_id))

    def _give_up(self, ticket: Ticket, message: str) -> None:
        """Mark a run as interrupted, or as cancelled if that was requested, and withdraw its ticket."""
        folder = self.workspace.run_folder(ticket.run_id)
        with queue_lock(self.workspace), lock(folder / "lock") as acquired:
            if not acquired or not ticket.path.exists():
                return
            _log.warning("gave up on %s: %s", ticket.run_id, message)
            kind = "cancelled" if read_request(folder) == "cancel" else "interrupted"
            try:
                with EventLog(folder) as log:
                    log.append(kind, message=message)
                withdraw_request(folder)
            except DiskFull:
                raise
            except OSError as error:  # the run counts as cancelled, or its ticket would be served for ever
                _log.warning("the events of %s cannot be written: %s", ticket.run_id, error)
                write_request(folder, "cancel")
            withdraw(self.workspace, ticket.run_id)
