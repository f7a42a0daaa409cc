"""Locks: one holder, seen by all, gone with it."""

import subprocess
import sys
from pathlib import Path

from aeexplorer.core.locks import is_locked, lock

HOLDER = """
import fcntl, sys, time
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)
"""


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_locked(path)
    with lock(path) as first:
        assert first
        assert is_locked(path)
        with lock(path, patience=0.0) as second:
            assert not second
        assert is_locked(path)
    assert not is_locked(path)
    with lock(path) as again:
        assert again


def test_a_lock_goes_with_the_process_that_held_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    program = (
        "import fcntl,sys,time; f=open(sys.argv[1],'w'); fcntl.flock(f,fcntl.LOCK_EX); print('held',flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert is_locked(path)
        process.kill()
        process.wait()
        assert not is_locked(path)
