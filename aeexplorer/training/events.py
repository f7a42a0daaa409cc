"""The event log of a run: numbered lines of JSON, appended only by the process that holds the run's lock.

JSON has no infinity and no NaN: such numbers are written as ``null``, and read as NaN.
"""

import math
import os
import time
from pathlib import Path
from typing import Any

import orjson

Event = dict[str, Any]

TAIL_BYTES = 8_192
"""Bytes that `latest_events` reads first, from the end of the file."""


def read_events(path: Path, after: int = -1) -> list[Event]:
    """Return the events with a sequence number above `after`, oldest first. Damaged and incomplete lines are skipped."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    return [event for event in _parse(content) if event["seq"] > after]


def latest_events(path: Path) -> list[Event]:
    """Return the last events, oldest first, back to the last ``progress`` event or further.

    Without a ``progress`` event, all events are returned. Only the end of the file is read.
    """
    try:
        with path.open("rb") as log:
            end, length = log.seek(0, os.SEEK_END), TAIL_BYTES
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
    """Return the ``progress`` events that count.

    A ``started`` event discards all earlier ones. A ``resumed`` event discards those after the step that it resumes from.
    """
    history: list[Event] = []
    for event in events:
        if event["kind"] == "started":
            history = []
        elif event["kind"] == "resumed":
            history = [e for e in history if e["step"] <= event["step"]]
        elif event["kind"] == "progress":
            history.append(event)
    return history


def _parse(content: bytes) -> list[Event]:
    events = []
    for line in content.split(b"\n"):
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(event, dict) and isinstance(event.get("seq"), int) and isinstance(event.get("kind"), str):
            events.append(event | {group: nan_for_null(event[group]) for group in ("losses", "metrics") if group in event})
    return events


def nan_for_null(tree: Any) -> Any:
    """Return plain data with NaN in the place of each None, which stands for a number that was not finite."""
    if isinstance(tree, dict):
        return {key: nan_for_null(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [nan_for_null(value) for value in tree]
    return math.nan if tree is None else tree


class EventLog:
    """A writer that appends numbered events to ``events.jsonl`` in a run's folder.

    The caller holds the run's lock. Use it as a context manager, or call `close`.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "events.jsonl"
        events = read_events(path)
        self._next = events[-1]["seq"] + 1 if events else 0
        self._file = path.open("a+b")
        if self._file.seek(0, os.SEEK_END):
            self._file.seek(-1, os.SEEK_END)
            if self._file.read(1) != b"\n":
                self._file.write(b"\n")  # end an incomplete line, left by a process that was killed

    def append(self, kind: str, **values: Any) -> None:
        """Append one line, ``{"seq", "time", "kind", …}``, and hand it to the operating system at once.

        Numbers that are not finite become ``null``.
        """
        event = {"seq": self._next, "time": time.time(), "kind": kind, **values}
        self._file.write(orjson.dumps(event, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")
        self._file.flush()
        self._next += 1

    def sync(self) -> None:
        """Write everything appended so far to the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Write everything to the disk and close the file."""
        self.sync()
        self._file.close()

    def __enter__(self) -> "EventLog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
