"""Workers that hang, watched with a clock that the test sets."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aeexplorer.jobs.hangs import HangWatch
from aeexplorer.jobs.heartbeat import FILE, Heartbeat, kill_worker, read_pulse
from aeexplorer.jobs.requests import follow_request, write_request
from tests.disks import full_disk
from tests.jobs.test_retries import Clock

SLEEPER = """
import os, sys, time
from pathlib import Path
from aeexplorer.jobs.heartbeat import Heartbeat
with Heartbeat().run(Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(1000)
"""
"""A worker that waits for something that never comes."""


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker that hangs, of the run in `tmp_path`."""
    process = subprocess.Popen([sys.executable, "-c", SLEEPER, str(tmp_path)], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    yield process
    process.kill()
    process.stdout.close()
    process.wait()


def looks(watch: HangWatch, clock: Clock, folder: Path, seconds: float, beats: bool = False) -> str | None:
    """Look twice a second for so many seconds, and return the reason of the kill."""
    for _ in range(round(2 * seconds)):
        clock.now += 0.5
        if beats:
            os.utime(folder / FILE, ns=(0, round(clock.now * 1e9)))
        if reason := watch.kill_if_hung(folder):
            return reason
    return None


def test_a_worker_without_a_sign_of_life_is_killed_after_a_minute(sleeper: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    clock = Clock()
    watch = HangWatch(clock)
    assert looks(watch, clock, tmp_path, 300, beats=True) is None
    assert looks(watch, clock, tmp_path, 59) is None
    assert sleeper.poll() is None
    assert looks(watch, clock, tmp_path, 2) == "no sign of life for 60 seconds"
    assert sleeper.wait() == -9
    assert read_pulse(tmp_path) is None
    assert looks(watch, clock, tmp_path, 300) is None


def test_time_in_which_the_machine_slept_or_the_clock_was_set_does_not_count(
    sleeper: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    clock = Clock()
    watch = HangWatch(clock)
    os.utime(tmp_path / FILE, ns=(0, 0))  # as if the clock had been set forward by decades
    for _ in range(20):
        clock.now += 3600
        assert watch.kill_if_hung(tmp_path) is None
    assert sleeper.poll() is None


@pytest.mark.parametrize(("beats", "seconds"), [(False, 10), (True, 30)])
def test_a_worker_that_ignores_a_cancellation_is_killed(
    sleeper: "subprocess.Popen[bytes]", tmp_path: Path, beats: bool, seconds: int
) -> None:
    clock = Clock()
    watch = HangWatch(clock)
    assert looks(watch, clock, tmp_path, 50, beats=True) is None
    write_request(tmp_path, "cancel")
    assert looks(watch, clock, tmp_path, seconds - 1, beats) is None
    assert looks(watch, clock, tmp_path, 2, beats) == f"it did not follow the cancellation for {seconds} seconds"
    assert sleeper.wait() == -9


def test_a_worker_that_writes_its_results_after_a_cancellation_has_time(
    sleeper: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    clock = Clock()
    watch = HangWatch(clock)
    write_request(tmp_path, "cancel")
    follow_request(tmp_path)
    assert looks(watch, clock, tmp_path, 300, beats=True) is None
    write_request(tmp_path, "cancel")  # a new request has not been followed yet
    assert looks(watch, clock, tmp_path, 40, beats=True) is not None


def test_the_number_of_a_dead_worker_is_not_used(tmp_path: Path) -> None:
    with Heartbeat().run(tmp_path):
        pulse = read_pulse(tmp_path)
        assert pulse is not None
        assert pulse.pid == os.getpid()
    assert (tmp_path / FILE).exists()
    assert read_pulse(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": "x", "host": "y"}'])
def test_a_damaged_heartbeat_kills_nothing(tmp_path: Path, content: bytes) -> None:
    clock = Clock()
    with Heartbeat().run(tmp_path):
        (tmp_path / FILE).write_bytes(content)
        assert looks(HangWatch(clock), clock, tmp_path, 300) is None


def test_a_worker_starts_on_a_full_disk_and_its_training_names_it(tmp_path: Path) -> None:
    with full_disk(free=10), Heartbeat().run(tmp_path):
        assert read_pulse(tmp_path) is None


def test_a_worker_on_another_machine_is_not_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Heartbeat().run(tmp_path):
        monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
        pulse = read_pulse(tmp_path)
        assert pulse is not None
        assert pulse.pid is None
        assert not kill_worker(pulse)


def test_steps_and_computing_are_signs_of_life_and_waiting_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cpu, beats = [0.0], []
    monkeypatch.setattr(time, "process_time", lambda: cpu[0])
    monkeypatch.setattr(os, "utime", lambda path: beats.append(path))

    class Rounds:
        """Four rounds: waiting, a step, computing, waiting."""

        count = 0

        def wait(self, seconds: float) -> bool:
            self.count += 1
            if self.count == 2:
                heartbeat.beat()
            if self.count == 3:
                cpu[0] += 1.0
            assert len(beats) == (0, 0, 0, 1, 2, 2)[self.count]
            return self.count == 5

    heartbeat = Heartbeat()
    heartbeat._watch(tmp_path / FILE, Rounds())  # type: ignore[arg-type]
    assert len(beats) == 2
