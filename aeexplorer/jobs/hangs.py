"""Workers that hang: how long each has shown no sign of life or has not followed a cancellation, and when it is killed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aeexplorer.core.logs import package_logger
from aeexplorer.jobs.heartbeat import kill_worker, read_pulse
from aeexplorer.jobs.requests import is_followed, read_request

_log = package_logger(__name__)

HUNG_SECONDS = 60.0
"""Seconds without a sign of life after which a worker is killed."""
CANCEL_SECONDS = 10.0
BUSY_CANCEL_SECONDS = 30.0
"""Seconds after which a worker that does not follow a cancellation is killed: without a sign of life meanwhile, and busy
with a long step or a compilation."""
LONGEST_ROUND_SECONDS = 1.0
"""Longest time that a round counts for. If this process was suspended or slow, the workers may have been as well."""


@dataclass
class _Watched:
    """What is known of a worker: its last sign of life, and the seconds since then and since the cancellation."""

    beat: int
    silent: float = 0.0
    cancelling: float = 0.0


class HangWatch:
    """A watch over the workers of a workspace. Times are measured by the rounds of this process, never by file times.

    Parameters
    ----------
    clock
        A monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last_look: dict[Path, float] = {}
        self._watched: dict[Path, _Watched] = {}

    def kill_if_hung(self, folder: Path) -> str | None:
        """Kill the worker of a run if it hangs, and return the reason as a phrase; None if it does not hang.

        Call it several times a second for each run that is being trained. The run's lock is free once the process is gone.
        """
        now = self._clock()
        elapsed = min(now - self._last_look.get(folder, now), LONGEST_ROUND_SECONDS)
        self._last_look[folder] = now
        pulse = read_pulse(folder)
        if pulse is None:  # the worker is starting or has ended, or the run is trained within another program
            self._watched.pop(folder, None)
            return None
        worker = self._watched.setdefault(folder, _Watched(pulse.beat))
        worker.silent = worker.silent + elapsed if pulse.beat == worker.beat else 0.0
        worker.beat = pulse.beat
        is_cancelling = read_request(folder) == "cancel" and not is_followed(folder)
        worker.cancelling = worker.cancelling + elapsed if is_cancelling else 0.0
        reason = _reason(worker)
        if reason is None or not kill_worker(pulse):
            return None
        _log.warning("killed the worker of %s: %s", folder.name, reason)
        del self._watched[folder]
        return reason


def _reason(worker: _Watched) -> str | None:
    """Return the reason to kill a worker as a phrase, or None."""
    if worker.silent >= HUNG_SECONDS:
        return f"no sign of life for {worker.silent:.0f} seconds"
    if worker.cancelling >= BUSY_CANCEL_SECONDS or min(worker.cancelling, worker.silent) >= CANCEL_SECONDS:
        return f"it did not follow the cancellation for {worker.cancelling:.0f} seconds"
    return None
