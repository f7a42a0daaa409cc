"""Submit, pause, resume and cancel runs. Each call writes a file and returns at once; workers and the supervisor follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs.pool import WorkerPool
from aeexplorer.jobs.queue import enqueue, queue_lock, read_tickets, withdraw
from aeexplorer.jobs.requests import read_request, withdraw_request, write_request
from aeexplorer.jobs.status import divergence, has_checkpoint, is_training, status, supervisor_is_live

if TYPE_CHECKING:
    from aeexplorer.training.run import Run


def submit(workspace: Workspace, run: Run, device: str = "auto") -> None:
    """Queue a run. A run that was paused, cancelled, interrupted or failed continues from its last checkpoint.

    Does nothing for a run that is queued, training or finished, or whose training diverged, which would only diverge again.

    Parameters
    ----------
    workspace, run
        The run and the workspace that holds it.
    device
        ``auto`` (CUDA if available), ``cpu``, ``cuda`` or ``cuda:1``.
    """
    with queue_lock(workspace):
        current = status(run)
        if current.state == "finished" or current.diverged:
            return
        if read_request(run.folder):  # its ticket, if any, belongs to the training that is being stopped
            withdraw(workspace, run.id)
            withdraw_request(run.folder)
        elif is_training(run.folder):
            return
        enqueue(workspace, run.id, device)


def pause(run: Run) -> None:
    """Pause a run: if it is training, it writes a checkpoint and stops within about a second; else it leaves the queue.

    Does nothing for a run that is neither training nor queued.
    """
    workspace = Workspace(run.folder.parent.parent)
    with queue_lock(workspace):
        if not status(run).active:
            return
        write_request(run.folder, "pause")
        if not is_training(run.folder):
            withdraw(workspace, run.id)


def resume(workspace: Workspace, run: Run, device: str = "auto") -> None:
    """Queue a run again that was paused, cancelled, interrupted or failed. It continues from its last checkpoint.

    Raises
    ------
    UserError
        If the run has finished, or its training diverged. The message then names a learning rate to train with.
    """
    if diverged := divergence(run.folder):
        raise UserError(f"the run {run.name} cannot be resumed: {diverged.reason}", diverged.fix)
    if status(run).state == "finished":
        raise UserError(f"the run {run.name} has finished", "Train with other settings, or for more epochs")
    submit(workspace, run, device)


def cancel(workspace: Workspace, run: Run) -> None:
    """End a run, and keep what it has reached: its worker writes the results of the last weights.

    A run that is not training but has a checkpoint is queued to write its results. Without a supervisor, its worker is
    started at once. A run without a checkpoint is cancelled immediately. Does nothing for a run that has finished, failed or
    was cancelled.
    """
    with queue_lock(workspace):
        if status(run).state in ("finished", "cancelled", "failed"):
            return
        write_request(run.folder, "cancel")
        if is_training(run.folder):
            return
        if has_checkpoint(run.folder):
            enqueue(workspace, run.id, "auto")
        else:
            withdraw(workspace, run.id)
    if not supervisor_is_live(workspace):
        WorkerPool(workspace).serve([ticket for ticket in read_tickets(workspace) if ticket.run_id == run.id])
