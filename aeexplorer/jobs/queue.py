"""The queue: one small file per waiting or training run. The file name gives its position: first come, first served."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from aeexplorer.core.locks import lock
from aeexplorer.core.workspace import Workspace, write_json

_NAME = re.compile(r"(\d{20})-(run-[0-9a-f]{12})\.json")


@dataclass(frozen=True)
class Ticket:
    """Entry of the queue: a run that waits for a worker or has one. It is withdrawn when the run ends, in whatever way."""

    path: Path
    run_id: str
    device: str
    """Requested device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, …"""
    starts: int
    """Workers started for the run so far."""


@contextmanager
def queue_lock(workspace: Workspace) -> Iterator[None]:
    """Hold the lock of the queue for the duration of the ``with`` block. Other processes wait."""
    with lock(workspace.root / "queue.lock", timeout=float("inf")):
        yield


def read_tickets(workspace: Workspace) -> list[Ticket]:
    """Return all tickets, oldest first. A damaged one counts as new, for any device: its name says which run waits."""
    tickets = []
    for path in _paths(workspace):
        device, starts = "auto", 0
        try:
            record = orjson.loads(path.read_bytes())
            device, starts = str(record["device"]), int(record["starts"])
        except FileNotFoundError:
            continue  # withdrawn meanwhile
        except (OSError, ValueError, KeyError, TypeError):
            pass
        tickets.append(Ticket(path, _run_id(path), device, starts))
    return tickets


def queued_ids(workspace: Workspace) -> list[str]:
    """Return the ids of the runs that have a ticket, oldest first, without reading the tickets."""
    return [_run_id(path) for path in _paths(workspace)]


def enqueue(workspace: Workspace, run_id: str, device: str) -> None:
    """Put a run at the end of the queue, unless it has a ticket. The caller holds the `queue_lock`."""
    paths = _paths(workspace)
    if any(_run_id(path) == run_id for path in paths):
        return
    last = int(paths[-1].name[:20]) if paths else 0
    number = max(time.time_ns(), last + 1)  # behind all others, even if the clock was set back
    write_json(workspace.queue / f"{number:020d}-{run_id}.json", {"device": device, "starts": 0})


def withdraw(workspace: Workspace, run_id: str) -> None:
    """Take a run out of the queue, if it has a ticket."""
    for path in _paths(workspace):
        if _run_id(path) == run_id:
            path.unlink(missing_ok=True)


def count_start(workspace: Workspace, ticket: Ticket) -> bool:
    """Count the start of a worker for a ticket. Return False if the ticket was withdrawn meanwhile."""
    with queue_lock(workspace):
        if not ticket.path.exists():
            return False
        write_json(ticket.path, {"device": ticket.device, "starts": ticket.starts + 1})
        return True


def forgive_start(workspace: Workspace, run_id: str) -> None:
    """Take back the last start of a run's worker: it did not die, but was stopped or never started."""
    with queue_lock(workspace):
        for ticket in read_tickets(workspace):
            if ticket.run_id == run_id:
                write_json(ticket.path, {"device": ticket.device, "starts": max(0, ticket.starts - 1)})


def _paths(workspace: Workspace) -> list[Path]:
    return sorted(path for path in workspace.queue.iterdir() if _NAME.fullmatch(path.name) and path.is_file())


def _run_id(path: Path) -> str:
    return path.stem[21:]
