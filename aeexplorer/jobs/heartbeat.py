"""Signs of life: a worker touches a file while it makes progress, so that others see whether it hangs.

A worker makes progress if its main thread passes from step to step or if the process uses the processor, as it does in a
long step, a compilation or an evaluation. A process that waits for something that never comes does neither.
"""

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from aeexplorer.core.locks import is_locked, lock

FILE = "heartbeat"
INTERVAL_SECONDS = 1.0
"""Time between two looks at the progress of the own process."""
CPU_SECONDS = 0.05
"""Processor time that counts as progress. The thread that looks uses far less in a minute."""


class Heartbeat:
    """The signs of life of this process, which trains a run. `run` writes them; `beat` reports progress."""

    def __init__(self) -> None:
        self._beats = 0

    def beat(self) -> None:
        """Report that the training goes on. Cheap enough to be called after every step."""
        self._beats += 1

    @contextmanager
    def run(self, folder: Path) -> Iterator[None]:
        """Touch the file ``heartbeat`` in a run's folder while the ``with`` block makes progress.

        The file holds the number of the process, and is locked so that a number of a dead process is never used.
        """
        path, ended = folder / FILE, threading.Event()
        with lock(path):
            with contextlib.suppress(OSError):  # on a full disk, the training itself says so
                path.write_bytes(orjson.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
            thread = threading.Thread(target=self._watch, args=(path, ended), name="heartbeat", daemon=True)
            thread.start()
            try:
                yield
            finally:
                ended.set()
                thread.join()

    def _watch(self, path: Path, ended: threading.Event) -> None:
        beats, cpu = self._beats, time.process_time()
        while not ended.wait(INTERVAL_SECONDS):
            if self._beats != beats or time.process_time() > cpu + CPU_SECONDS:
                beats, cpu = self._beats, time.process_time()
                os.utime(path)


@dataclass(frozen=True)
class Pulse:
    """The last sign of life of a worker that is alive.

    Parameters
    ----------
    pid
        Number of the process on this machine; None if it runs on another one.
    beat
        Time of the sign in nanoseconds since 1970, by the clock of the worker's machine.
    """

    pid: int | None
    beat: int


def read_pulse(folder: Path) -> Pulse | None:
    """Return the last sign of life of the worker of a run; None if no worker process trains it."""
    path = folder / FILE
    if not is_locked(path):
        return None
    try:
        record = orjson.loads(path.read_bytes())
        return Pulse(int(record["pid"]) if record["host"] == socket.gethostname() else None, path.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def kill_worker(pulse: Pulse) -> bool:
    """Kill the process of a worker and the processes that it has started. Return False if it runs on another machine."""
    if pulse.pid is None:
        return False
    try:
        if os.getpgid(pulse.pid) == pulse.pid:  # a worker leads its own group, if it was started by the local executor
            os.killpg(pulse.pid, signal.SIGKILL)
        else:
            os.kill(pulse.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it has ended meanwhile
    return True
