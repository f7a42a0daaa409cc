"""Submitting, pausing, resuming and cancelling: each leaves a file and returns at once; workers and the supervisor obey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs.pool import WorkerPool
from aeexplorer.jobs.queue import changing, enqueue, tickets, withdraw
from aeexplorer.jobs.requests import request, requested, withdraw_request
from aeexplorer.jobs.status import has_checkpoint, is_training, status, supervisor_is_live

if TYPE_CHECKING:
    from aeexplorer.training.run import Run


def submit(workspace: Workspace, run: Run, device: str = "auto") -> None:
    """Queue a run, or let it go on if it was paused, cancelled, interrupted or failed.

    Harmless for a run that is queued, training or finished.

    Parameters
    ----------
    workspace, run
        The run and where it lies.
    device
        ``auto`` (CUDA where there is one), ``cpu``, ``cuda`` or ``cuda:1``.
    """
    with changing(workspace):
        if status(run).state == "finished":
            return
        if requested(run.folder):  # whatever ticket it still has belongs to what is being stopped
            withdraw(workspace, run.id)
            withdraw_request(run.folder)
        elif is_training(run.folder):
            return
        enqueue(workspace, run.id, device)


def pause(run: Run) -> None:
    """Let a training run write a checkpoint and stop, within about a second; take a waiting one out of the queue.

    Harmless for a run that does neither.
    """
    workspace = Workspace(run.folder.parent.parent)
    with changing(workspace):
        if not status(run).active:
            return
        request(run.folder, "pause")
        if not is_training(run.folder):
            withdraw(workspace, run.id)


def resume(workspace: Workspace, run: Run, device: str = "auto") -> None:
    """Queue a run again that was paused, cancelled, interrupted or failed; it goes on from its last checkpoint.

    Raises
    ------
    UserError
        If it has finished.
    """
    if status(run).state == "finished":
        raise UserError(f"the run {run.name} has finished", "Train with other settings, or for more epochs")
    submit(workspace, run, device)


def cancel(workspace: Workspace, run: Run) -> None:
    """End a run. What it has reached is kept: its worker writes the results of its last weights.

    A run that is not training but has a checkpoint is queued for that (where no supervisor serves the queue, a worker is
    started at once); one without is cancelled immediately.
    Harmless for a run that has finished, failed or was cancelled.
    """
    with changing(workspace):
        if status(run).state in ("finished", "cancelled", "failed"):
            return
        request(run.folder, "cancel")
        if is_training(run.folder):
            return
        if has_checkpoint(run.folder):
            enqueue(workspace, run.id, "auto")
        else:
            withdraw(workspace, run.id)
    if not supervisor_is_live(workspace):
        WorkerPool(workspace).tend([ticket for ticket in tickets(workspace) if ticket.run_id == run.id])
