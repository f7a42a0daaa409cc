"""Retries: what fails is tried again later, after a delay that doubles with each failure, and never disturbs anything else."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aeexplorer.core.logs import package_logger

_log = package_logger(__name__)

FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 300.0


@dataclass(frozen=True)
class Failure:
    """The failures of one activity since it last succeeded.

    Parameters
    ----------
    count
        Number of failures in a row.
    error
        The last one.
    next_attempt
        Time of the next attempt, in seconds of the clock.
    """

    count: int
    error: Exception
    next_attempt: float


class Retries:
    """The failures of several activities, each named by a key.

    Parameters
    ----------
    clock
        A monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[str, Failure] = {}

    def is_due(self, key: str) -> bool:
        """Return whether an activity may be tried: it has not failed, or its delay has passed."""
        return key not in self._failures or self._clock() >= self._failures[key].next_attempt

    def failure(self, key: str) -> Failure | None:
        """Return the failures of an activity in a row; None after a success."""
        return self._failures.get(key)

    @contextmanager
    def attempt(self, key: str, problem: str) -> Iterator[None]:
        """Catch and log an exception of the ``with`` block, so that what follows goes on.

        The log has a traceback for each new error, and one line for each repetition.

        Parameters
        ----------
        key
            Name of the activity.
        problem
            What it means if the block fails, for the log: "the search … could not be advanced".
        """
        try:
            yield
        except Exception as error:
            last = self._failures.get(key)
            count = 1 if last is None else last.count + 1
            delay = min(FIRST_DELAY_SECONDS * 2 ** min(count - 1, 30), LONGEST_DELAY_SECONDS)
            self._failures[key] = Failure(count, error, self._clock() + delay)
            is_new = last is None or repr(last.error) != repr(error)
            text = str(error) or type(error).__name__
            _log.error("%s, next attempt in %.0f s: %s", problem, delay, text, exc_info=error if is_new else None)
        else:
            self._failures.pop(key, None)
