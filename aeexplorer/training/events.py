"""What happened to a run: numbered lines of JSON, only ever appended by the process that holds the run's lock."""

import os
import time
from pathlib import Path
from typing import Any

import orjson

Event = dict[str, Any]

TAIL = 8_192
"""Bytes that `latest_events` reads first."""


def read_events(path: Path, after: int = -1) -> list[Event]:
    """Events with a sequence number above `after`, oldest first; torn and damaged lines are left out."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    return [event for event in _parse(content) if event["seq"] > after]


def latest_events(path: Path) -> list[Event]:
    """The last events, oldest first, at least back to the last ``progress`` (or the first event); reads little more than that."""
    try:
        with path.open("rb") as log:
            end, length = log.seek(0, os.SEEK_END), TAIL
            while True:
                start = max(0, end - length)
                log.seek(start)
                content = log.read(end - start)
                events = _parse(content[content.find(b"\n") + 1 :] if start else content)
                if start == 0 or any(event["kind"] == "progress" for event in events):
                    return events
                length *= 4
    except FileNotFoundError:
        return []


def effective_history(events: list[Event]) -> list[Event]:
    """The ``progress`` events that count: a start makes those before it void, a resume those past its step."""
    kept: list[Event] = []
    for event in events:
        if event["kind"] == "started":
            kept = []
        elif event["kind"] == "resumed":
            kept = [e for e in kept if e["step"] <= event["step"]]
        elif event["kind"] == "progress":
            kept.append(event)
    return kept


def _parse(content: bytes) -> list[Event]:
    found = []
    for line in content.split(b"\n"):
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(event, dict) and isinstance(event.get("seq"), int) and isinstance(event.get("kind"), str):
            found.append(event)
    return found


class EventLog:
    """Appends numbered events to a run folder's ``events.jsonl``; the caller holds the run's lock."""

    def __init__(self, folder: Path) -> None:
        path = folder / "events.jsonl"
        events = read_events(path)
        self._next = events[-1]["seq"] + 1 if events else 0
        self._file = path.open("a+b")
        if self._file.seek(0, os.SEEK_END):
            self._file.seek(-1, os.SEEK_END)
            if self._file.read(1) != b"\n":
                self._file.write(b"\n")  # close a line torn by a kill

    def append(self, kind: str, **values: Any) -> None:
        """One line: ``{"seq", "time", "kind", …}``, handed to the operating system at once."""
        event = {"seq": self._next, "time": time.time(), "kind": kind, **values}
        self._file.write(orjson.dumps(event, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")
        self._file.flush()
        self._next += 1

    def sync(self) -> None:
        """Make everything written so far durable."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Make everything durable and let go of the file."""
        self.sync()
        self._file.close()

    def __enter__(self) -> "EventLog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
