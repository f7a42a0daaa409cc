"""What a run is doing, told from its files alone: the tail of its events, its ticket, its lock, its request."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from aeexplorer.core.locks import is_locked
from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs.queue import queued_ids
from aeexplorer.jobs.requests import Request, requested
from aeexplorer.training.events import latest_events

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
"""Events that a worker (or the supervisor, for one that died) writes last."""

DIED = "Its worker was killed, or the machine ran out of memory or was restarted. Resume it to go on from its last checkpoint."


@dataclass(frozen=True)
class Status:
    """A run at this moment."""

    state: State
    position: int | None = None
    """Place among the runs that wait, 1 being next; None when it does not wait."""
    step: int = 0
    steps: int = 0
    """Of the whole training; 0 before the worker has looked."""
    epoch: float = 0.0
    """Passes over the training split so far, with a fraction."""
    seconds: float = 0.0
    """Spent by all workers that had a part in it."""
    seconds_left: float | None = None
    """At the pace so far; None before there is one."""
    samples_per_second: float | None = None
    """Lately."""
    device: str | None = None
    message: str = ""
    """One or two sentences for people."""

    @property
    def active(self) -> bool:
        """Whether it will change by itself: queued or running."""
        return self.state in ("queued", "running")


def supervisor_is_live(workspace: Workspace) -> bool:
    """Whether some process supervises the workspace."""
    return is_locked(workspace.root / "supervisor.lock")


def is_training(folder: Path) -> bool:
    """Whether a worker holds the run in a folder."""
    return is_locked(folder / "lock")


def has_checkpoint(folder: Path) -> bool:
    """Whether there is a checkpoint, whole or not, in a run's folder."""
    return any((folder / "checkpoint").glob("*/manifest.json"))


def waiting_ids(workspace: Workspace) -> list[str]:
    """The runs that wait for a worker, next one first."""
    return [run_id for run_id in queued_ids(workspace) if not is_training(workspace.run_folder(run_id))]


def status(run: Run) -> Status:
    """What a run is doing. Cheap: meant to be asked every second."""
    folder, workspace = run.folder, Workspace(run.folder.parent.parent)
    training = is_training(folder)
    wish = requested(folder)
    events = latest_events(folder / "events.jsonl")
    last = events[-1] if events else {}
    seen = {key: value for event in events for key, value in event.items()}
    position = None
    if training:
        state: State = "running"
    elif run.id in (waiting := waiting_ids(workspace)):
        state, position = "queued", waiting.index(run.id) + 1
    else:
        state = _at_rest(folder, last.get("kind"), wish)
    return Status(
        state=state,
        position=position,
        step=int(seen.get("step", 0)),
        steps=int(seen.get("steps", 0)),
        epoch=float(seen.get("epoch", 0.0)),
        seconds=float(seen.get("seconds", 0.0)),
        seconds_left=seen.get("seconds_left") if state in ("queued", "running", "paused", "interrupted") else None,
        samples_per_second=seen.get("samples_per_second"),
        device=seen.get("device"),
        message=_message(state, last, wish, position, bool(seen.get("compiling"))),
    )


def _at_rest(folder: Path, last: str | None, wish: Request | None) -> State:
    """The state of a run that has neither a worker nor a ticket."""
    if last in ENDS:
        return ENDS[last]
    if wish == "cancel":
        return "cancelled"
    if wish == "pause":
        return "paused"
    if last is not None:
        return "interrupted"
    return "finished" if (folder / "metrics.json").exists() else "new"


def _message(state: State, last: dict[str, Any], wish: Request | None, position: int | None, compiling: bool) -> str:
    if state == "running":
        if wish:
            return "Pausing." if wish == "pause" else "Cancelling: what was reached is being kept."
        doing = {"started": "Starting.", "resumed": "Starting again.", "trained": "Measuring the results."}
        training = "Compiling its steps, which takes some seconds and makes them quicker." if compiling else "Training."
        doing |= {"progress": training, "snapshot": training}
        return doing.get(str(last.get("kind")), "Loading.")
    if state == "queued":
        if wish == "cancel":
            return "Cancelled; what was reached will be kept as soon as a worker is free."
        ahead = (position or 1) - 1
        return "Next in the queue." if not ahead else f"{ahead} {'run waits' if ahead == 1 else 'runs wait'} before it."
    if state == "failed":
        return str(last.get("message", ""))
    if state == "interrupted":
        return str(last.get("message", DIED))
    return {"new": "Not started yet.", "paused": "Paused.", "finished": "Finished.", "cancelled": "Cancelled."}[state]
