"""File locks. One process holds a lock at a time; the operating system releases it when that process ends, even by a crash."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TIMEOUT_SECONDS = 0.2
"""Default time to wait for a lock. Must exceed the moment for which `is_locked` itself holds the lock."""


@contextmanager
def lock(path: Path, timeout: float = TIMEOUT_SECONDS) -> Iterator[bool]:
    """Hold the lock on a file while the ``with`` block runs.

    Parameters
    ----------
    path
        The lock file. It is created if missing and is not removed afterwards.
    timeout
        Seconds to keep trying.

    Yields
    ------
    bool
        True if the lock was acquired, False if another process or thread holds it.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        yield _acquire(handle, timeout)
    finally:
        os.close(handle)


def is_locked(path: Path) -> bool:
    """Return whether any process or thread holds the lock on a file."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _acquire(handle: int, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)
