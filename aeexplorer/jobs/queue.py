"""The queue: one small file a waiting or training run, whose name gives its place. First come, first served."""

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
    """A run that wants a worker, or has one. It is withdrawn when the run ends, whichever way."""

    path: Path
    run_id: str
    device: str
    """As asked for: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, …"""
    starts: int
    """Workers started for it so far."""


@contextmanager
def changing(workspace: Workspace) -> Iterator[None]:
    """The right to change the queue, for as long as the ``with`` lasts; others wait."""
    with lock(workspace.root / "queue.lock", patience=float("inf")):
        yield


def tickets(workspace: Workspace) -> list[Ticket]:
    """All tickets, oldest first."""
    found = []
    for path in _paths(workspace):
        try:
            record = orjson.loads(path.read_bytes())
            found.append(Ticket(path, _run_id(path), str(record["device"]), int(record["starts"])))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            continue  # withdrawn meanwhile, or none of ours
    return found


def queued_ids(workspace: Workspace) -> list[str]:
    """The runs that have a ticket, oldest first, without reading the tickets."""
    return [_run_id(path) for path in _paths(workspace)]


def enqueue(workspace: Workspace, run_id: str, device: str) -> None:
    """Put a run at the end, unless it has a ticket; the caller is `changing` the queue."""
    paths = _paths(workspace)
    if any(_run_id(path) == run_id for path in paths):
        return
    last = int(paths[-1].name[:20]) if paths else 0
    number = max(time.time_ns(), last + 1)  # behind all others, even if the clock was set back
    write_json(workspace.queue / f"{number:020d}-{run_id}.json", {"device": device, "starts": 0})


def withdraw(workspace: Workspace, run_id: str) -> None:
    """Take a run out of the queue, if it is in it."""
    for path in _paths(workspace):
        if _run_id(path) == run_id:
            path.unlink(missing_ok=True)


def count_start(workspace: Workspace, ticket: Ticket) -> bool:
    """Note that a worker is being started for a ticket; False if the ticket was withdrawn meanwhile."""
    with changing(workspace):
        if not ticket.path.exists():
            return False
        write_json(ticket.path, {"device": ticket.device, "starts": ticket.starts + 1})
        return True


def _paths(workspace: Workspace) -> list[Path]:
    return sorted(path for path in workspace.queue.iterdir() if _NAME.fullmatch(path.name))


def _run_id(path: Path) -> str:
    return path.stem[21:]
