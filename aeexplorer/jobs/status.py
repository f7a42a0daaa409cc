"""Status of a run, read from its files alone: the last events, the ticket, the lock and the request."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from aeexplorer.core.disk import has_space
from aeexplorer.core.locks import is_locked
from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs.heartbeat import read_pulse
from aeexplorer.jobs.queue import queued_ids
from aeexplorer.jobs.requests import Request, read_request
from aeexplorer.training.events import Event, latest_events

if TYPE_CHECKING:
    from aeexplorer.training.run import Run

State = Literal["new", "queued", "running", "paused", "finished", "cancelled", "failed", "interrupted"]

ENDS: dict[str, State] = {
    "finished": "finished",
    "cancelled": "cancelled",
    "failed": "failed",
    "paused": "paused",
    "interrupted": "interrupted",
}
"""State of a run by its last event. Workers write these events; for a worker that died, the worker pool does."""

WORKER_DIED = (
    "Its worker was killed, or the machine ran out of memory or was restarted. "
    "Resume the run to continue from its last checkpoint."
)
DISK_FULL = "The disk is full."
SILENT_SECONDS = 10.0
"""Seconds without a sign of life after which the status says so. It is killed later, see `aeexplorer.jobs.hangs`."""
SILENT = "Its worker has given no sign of life for {:.0f} seconds. If it stays silent, it is killed, and another one goes on."


@dataclass(frozen=True)
class Status:
    """Status of a run at one moment."""

    state: State
    position: int | None = None
    """Position among the waiting runs, 1 for the next one; None if the run does not wait."""
    step: int = 0
    steps: int = 0
    """Steps of the whole training; 0 before a worker has started."""
    epoch: float = 0.0
    """Passes over the training split so far, with a fraction."""
    seconds: float = 0.0
    """Time spent by all workers of the run, in seconds."""
    seconds_left: float | None = None
    """Estimated rest of the training at the present pace, in seconds; None before it is known."""
    samples_per_second: float | None = None
    """Pace since the last snapshot; None before it is known."""
    device: str | None = None
    message: str = ""
    """One or two sentences for people."""
    diverged: bool = False
    """Whether the run failed because its training diverged. Resuming it would repeat that."""

    @property
    def active(self) -> bool:
        """Whether the state will change by itself: the run is queued or running."""
        return self.state in ("queued", "running")


@dataclass(frozen=True)
class Divergence:
    """A training that diverged.

    Parameters
    ----------
    reason, fix
        What happened and what can be done, as in `UserError`.
    lower_rate
        Learning rate to train again with; None in events up to version 0.5.0.
    """

    reason: str
    fix: str
    lower_rate: float | None


def supervisor_is_live(workspace: Workspace) -> bool:
    """Return whether a supervisor serves the workspace, in any process."""
    return is_locked(workspace.root / "supervisor.lock")


def is_training(folder: Path) -> bool:
    """Return whether a worker is training the run in a folder."""
    return is_locked(folder / "lock")


def has_checkpoint(folder: Path) -> bool:
    """Return whether a run's folder has a checkpoint, valid or damaged."""
    return any((folder / "checkpoint").glob("*/manifest.json"))


def waiting_ids(workspace: Workspace) -> list[str]:
    """Return the ids of the runs that wait for a worker, the next one first."""
    return [run_id for run_id in queued_ids(workspace) if not is_training(workspace.run_folder(run_id))]


def status(run: Run) -> Status:
    """Return the status of a run. Cheap enough to be called every second."""
    folder, workspace = run.folder, Workspace(run.folder.parent.parent)
    is_running = is_training(folder)
    silence = _silence(folder) if is_running else 0.0
    request = read_request(folder)
    events = latest_events(folder / "events.jsonl")
    last = events[-1] if events else {}
    latest = {key: value for event in events for key, value in event.items()}
    position = None
    if is_running:
        state: State = "running"
    elif run.id in (waiting := waiting_ids(workspace)):
        state, position = "queued", waiting.index(run.id) + 1
    else:
        state = _inactive_state(folder, last.get("kind"), request)
    return Status(
        state=state,
        position=position,
        step=int(latest.get("step", 0)),
        steps=int(latest.get("steps", 0)),
        epoch=float(latest.get("epoch", 0.0)),
        seconds=float(latest.get("seconds", 0.0)),
        seconds_left=latest.get("seconds_left") if state in ("queued", "running", "paused", "interrupted") else None,
        samples_per_second=latest.get("samples_per_second"),
        device=latest.get("device"),
        message=SILENT.format(silence)
        if silence > SILENT_SECONDS
        else _message(workspace, state, last, request, position, bool(latest.get("compiling"))),
        diverged=state == "failed" and _has_diverged(last),
    )


def _silence(folder: Path) -> float:
    """Return the seconds since the last sign of life of a run's worker; 0 if it is not a worker process."""
    pulse = read_pulse(folder)
    return 0.0 if pulse is None else time.time() - pulse.beat / 1e9


def divergence(folder: Path) -> Divergence | None:
    """Return why a run diverged, and what can be done; None for any other run."""
    events = latest_events(folder / "events.jsonl")
    if not events or events[-1]["kind"] != "failed" or not _has_diverged(events[-1]):
        return None
    rate = events[-1].get("lower_rate")
    lower_rate = float(rate) if isinstance(rate, int | float) and 0 < rate < math.inf else None
    return Divergence(str(events[-1].get("reason", "")), str(events[-1].get("fix", "")), lower_rate)


def _has_diverged(failed: Event) -> bool:
    """Return whether an event ``failed`` is due to a divergence. Events up to version 0.5.0 say so in their text only."""
    return "lower_rate" in failed or str(failed.get("reason", "")).startswith("the training diverged")


def _inactive_state(folder: Path, last: str | None, request: Request | None) -> State:
    """Return the state of a run that has neither a worker nor a ticket."""
    if last in ENDS:
        return ENDS[last]
    if request == "cancel":
        return "cancelled"
    if request == "pause":
        return "paused"
    if last is not None:
        return "interrupted"
    return "finished" if (folder / "metrics.json").exists() else "new"


def _message(
    workspace: Workspace, state: State, last: dict[str, Any], request: Request | None, position: int | None, compiling: bool
) -> str:
    if state == "running":
        if request:
            return "Pausing." if request == "pause" else "Cancelling. The results so far are being kept."
        messages = {"started": "Starting.", "resumed": "Starting again.", "trained": "Measuring the results."}
        training = "Compiling the steps, which takes some seconds and makes them faster." if compiling else "Training."
        messages |= {"progress": training, "snapshot": training}
        return messages.get(str(last.get("kind")), "Loading.")
    if state == "queued":
        if not has_space(workspace.root):
            return f"{DISK_FULL} Free some space; the run then starts by itself."
        if request == "cancel":
            return "Cancelled. The results so far will be kept as soon as a worker is free."
        ahead = (position or 1) - 1
        return "Next in the queue." if not ahead else f"{ahead} {'run waits' if ahead == 1 else 'runs wait'} before it."
    if state == "failed":
        return str(last.get("message", ""))
    if state == "interrupted":
        if "message" not in last and not has_space(workspace.root):
            return f"{DISK_FULL} Free some space, then resume the run."
        return str(last.get("message", WORKER_DIED))
    return {"new": "Not started yet.", "paused": "Paused.", "finished": "Finished.", "cancelled": "Cancelled."}[state]
