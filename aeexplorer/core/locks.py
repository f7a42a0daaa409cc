"""Locks on files: held by one process at a time, and let go by the system when that process ends, however it ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 0.2


@contextmanager
def lock(path: Path, patience: float = PATIENCE) -> Iterator[bool]:
    """Hold the lock on a file (made where missing) inside the ``with``.

    Parameters
    ----------
    path
        The file. It stays when the lock is let go.
    patience
        Seconds to keep trying; longer than the instant for which `is_locked` touches the lock.

    Yields
    ------
    bool
        Whether it is held; False when another process or thread has it.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        yield _take(handle, patience)
    finally:
        os.close(handle)


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock on a file."""
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


def _take(handle: int, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)
