"""The event log of a run: numbered lines of JSON, appended only by the process that holds the run's lock.

JSON has no infinity and no NaN: such numbers are written as ``null``, and read as NaN.
"""

import math
import os
import time
from pathlib import Path
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field

from aeexplorer.core.disk import naming_full_disk
from aeexplorer.core.formats import FORMAT_KEY, Format

Event = dict[str, Any]
EVENTS_FORMAT = Format("event log")
"""Format of ``events.jsonl``, in its first event."""

TAIL_BYTES = 8_192
"""Bytes that `latest_events` reads first, from the end of the file."""


def read_events(path: Path, after: int = -1) -> list[Event]:
    """Return the events with a sequence number above `after`, oldest first. Damaged and incomplete lines are skipped."""
    try:
        content = path.read_bytes() if path.is_file() else b""
    except OSError:
        return []
    return [event for event in _parse(content) if event["seq"] > after]


def latest_events(path: Path) -> list[Event]:
    """Return the last events, oldest first, back to the last ``progress`` event or further.

    Without a ``progress`` event, all events are returned. Only the end of the file is read.
    """
    if not path.is_file():
        return []
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
    except OSError:
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
            history = [e for e in history if e["step"] <= event.get("step", 0)]
        elif event["kind"] == "progress":
            history.append(_NO_PROGRESS | event)
    return history


class _EventRecord(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")
    seq: Annotated[int, Field(ge=0, lt=2**53)]
    kind: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    time: Annotated[float, Field(ge=0, le=9e9)] = 0
    step: Annotated[int, Field(ge=0, lt=2**53)] = 0
    steps: Annotated[int, Field(ge=0, lt=2**53)] = 0
    epoch: Annotated[float, Field(ge=0, le=1e9)] = 0
    seconds: Annotated[float, Field(ge=0, le=9e9)] = 0
    seconds_left: float | None = None
    samples_per_second: float | None = None
    learning_rate: float | None = None
    losses: dict[str, float] = {}
    metrics: dict[str, float] = {}
    device: str | None = None
    message: str = ""
    reason: str = ""
    fix: str = ""


_NO_PROGRESS: Event = {"step": 0, "epoch": 0.0, "losses": {}, "metrics": {}}


def validate_event(event: object) -> Event:
    """Return an event as it is read from the log, with NaN in the place of numbers that were not finite.

    Raises
    ------
    NewerFormat
        If a newer version of aeexplorer wrote it.
    ValueError
        If it is no event.
    """
    if not isinstance(event, dict):
        raise ValueError("an event is no record")
    EVENTS_FORMAT.require_known(event.get(FORMAT_KEY, 1))
    event = event | {group: nan_for_null(event[group]) for group in ("losses", "metrics") if group in event}
    _EventRecord.model_validate(event)
    return event


def require_known_events(path: Path) -> None:
    """Raise `NewerFormat` if a newer version of aeexplorer wrote the event log. Reads its first line."""
    try:
        with path.open("rb") as log:
            first = orjson.loads(log.readline(TAIL_BYTES))
    except (OSError, orjson.JSONDecodeError):
        return
    version = first.get(FORMAT_KEY, 1) if isinstance(first, dict) else 1
    if type(version) is int and version > 0:
        EVENTS_FORMAT.require_known(version)


def _parse(content: bytes) -> list[Event]:
    events = []
    for line in content.split(b"\n"):
        try:
            events.append(validate_event(orjson.loads(line)))
        except ValueError:
            continue
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
        self._file = path.open("a+b", buffering=0)
        if self._file.seek(0, os.SEEK_END):
            self._file.seek(-1, os.SEEK_END)
            if self._file.read(1) != b"\n":
                self._write(b"\n")  # end an incomplete line, left by a process that was killed

    def append(self, kind: str, **values: Any) -> None:
        """Append one line, ``{"seq", "time", "kind", …}``, and hand it to the operating system at once.

        Numbers that are not finite become ``null``.

        Raises
        ------
        DiskFull
            If the disk is full. Nothing remains of the line then.
        """
        version = {} if self._next else {FORMAT_KEY: EVENTS_FORMAT.version}
        event = {"seq": self._next, "time": time.time(), "kind": kind, **version, **values}
        self._write(orjson.dumps(event, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")
        self._next += 1

    def _write(self, line: bytes) -> None:
        end = self._file.seek(0, os.SEEK_END)
        try:
            with naming_full_disk():
                written = 0
                while written < len(line):  # the last bytes of a disk may hold a part of the line
                    written += self._file.write(line[written:])
        except BaseException:
            self._file.truncate(end)
            raise

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
