"""A lock has one holder at a time, and is released when its holder ends."""

import subprocess
import sys
from pathlib import Path

from aeexplorer.core.locks import is_locked, lock

HOLDER = """
import fcntl, sys, time
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print("locked", flush=True)
time.sleep(600)
"""


def test_a_lock_has_one_holder_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_locked(path)
    with lock(path) as first:
        assert first
        assert is_locked(path)
        with lock(path, timeout=0.0) as second:
            assert not second
        assert is_locked(path)
    assert not is_locked(path)
    with lock(path) as again:
        assert again


def test_a_lock_is_released_when_its_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert is_locked(path)
        process.kill()
        process.wait()
        assert not is_locked(path)
