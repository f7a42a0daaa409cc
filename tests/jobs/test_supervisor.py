"""The supervisor with real workers: restarts, workers that die, pausing and cancelling from another process."""

import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from aeexplorer.jobs import Supervisor, cancel, hangs, pause, resume, status, submit, supervisor_is_live, train_in_worker
from aeexplorer.jobs.queue import queued_ids, read_tickets
from aeexplorer.training.run import Run
from tests.jobs.lab import ENDLESS, Lab, life


@pytest.fixture
def lab(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """Small runs. Workers that a test leaves running are stopped."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield lab
    for run in map(Run, lab.workspace.runs.iterdir()):
        pause(run)
        lab.wait(run, lambda run=run: not status(run).active)


def pid(run: Run) -> int:
    return next(e["pid"] for e in reversed(run.events()) if "pid" in e)


def is_training(run: Run, after: int = 0) -> bool:
    return status(run).message == "Training." and status(run).step > after


def test_a_run_survives_its_supervisors_and_one_killed_worker_but_not_two(lab: Lab) -> None:
    run, waiting = lab.run(**ENDLESS), lab.run(seed=1)
    first, second = Supervisor(lab.workspace), Supervisor(lab.workspace)
    assert not supervisor_is_live(lab.workspace)
    first.start()
    submit(lab.workspace, run, "cpu")
    submit(lab.workspace, waiting, "cpu")
    lab.wait(run, lambda: is_training(run))
    assert supervisor_is_live(lab.workspace)
    worker = pid(run)

    second.start()  # waits for its turn
    first.stop()
    lab.wait(run, lambda: supervisor_is_live(lab.workspace))
    reached = status(run).step
    lab.wait(run, lambda: is_training(run, after=reached))
    assert pid(run) == worker
    assert life(run) == ["started"]
    assert status(waiting).position == 1

    pause(run)  # writes a checkpoint, and makes room for the waiting run
    lab.wait(waiting, lambda: status(waiting).state == "finished")
    assert status(run).state == "paused"

    resume(lab.workspace, run, "cpu")
    lab.wait(run, lambda: is_training(run))
    os.kill(pid(run), signal.SIGKILL)
    lab.wait(run, lambda: life(run).count("resumed") == 2 and is_training(run))
    os.kill(pid(run), signal.SIGKILL)
    lab.wait(run, lambda: status(run).state == "interrupted" and life(run)[-1] == "interrupted")
    assert "died twice (killed by signal 9)" in status(run).message
    assert queued_ids(lab.workspace) == []

    cancel(lab.workspace, run)
    lab.wait(run, lambda: status(run).state == "cancelled")
    assert life(run) == ["started", "paused", "resumed", "resumed", "interrupted", "resumed", "cancelled"]
    assert run.finished
    second.stop()
    assert not supervisor_is_live(lab.workspace)


def test_watching_a_run_without_a_supervisor(lab: Lab) -> None:
    run = lab.run()
    statuses = list(train_in_worker(lab.workspace, run, "cpu"))
    assert statuses[0].state == "queued"
    assert {s.state for s in statuses} == {"queued", "running", "finished"}
    assert statuses[-1].state == "finished"
    assert queued_ids(lab.workspace) == []
    assert [s.state for s in train_in_worker(lab.workspace, run, "cpu")] == ["finished"]
    started = run.events()[0]
    assert started["threads"] == 1
    assert started["pid"] != os.getpid()


def test_tickets_of_deleted_runs_are_withdrawn(lab: Lab) -> None:
    run = lab.run()
    submit(lab.workspace, run)
    shutil.rmtree(run.folder)
    supervisor = Supervisor(lab.workspace)
    supervisor.start()
    attempts = 200
    while queued_ids(lab.workspace) and (attempts := attempts - 1):
        supervisor._stopping.wait(0.05)
    supervisor.stop()
    assert queued_ids(lab.workspace) == []


def test_clean_stops_are_no_deaths_and_a_hung_worker_is_killed(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Two clean stops ended in "Its worker died twice". A worker that hung, hung for ever, and could not be cancelled."""
    monkeypatch.setattr(logging.getLogger("aeexplorer"), "propagate", True)
    monkeypatch.setattr(hangs, "HUNG_SECONDS", 8.0)
    monkeypatch.setattr(hangs, "CANCEL_SECONDS", 3.0)
    monkeypatch.setattr(sys.modules["aeexplorer.jobs.status"], "SILENT_SECONDS", 3.0)
    run = lab.run(**ENDLESS)
    supervisor = Supervisor(lab.workspace)
    supervisor.start()
    submit(lab.workspace, run, "cpu")
    for stops in range(3):
        lab.wait(run, lambda stops=stops: life(run).count("resumed") == stops and is_training(run))
        (ticket,) = read_tickets(lab.workspace)
        assert ticket.starts == 1
        if stops < 2:
            os.kill(pid(run), signal.SIGTERM)
    assert life(run) == ["started", "interrupted", "resumed", "interrupted", "resumed"]

    os.kill(pid(run), signal.SIGSTOP)  # as if it hung
    lab.wait(run, lambda: "no sign of life" in status(run).message)
    assert status(run).state == "running"
    lab.wait(run, lambda: life(run).count("resumed") == 3 and is_training(run))
    assert f"killed the worker of {run.id}: no sign of life for 8 seconds" in caplog.messages
    assert read_tickets(lab.workspace)[0].starts == 2

    os.kill(pid(run), signal.SIGSTOP)
    cancel(lab.workspace, run)
    lab.wait(run, lambda: status(run).state == "cancelled")
    assert f"killed the worker of {run.id}: it did not follow the cancellation for 3 seconds" in caplog.messages
    assert run.metrics["state"] == "cancelled"  # by another worker, from the last checkpoint
    assert queued_ids(lab.workspace) == []
    supervisor.stop()


SUPERVISOR = """
import sys, time
from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs import Supervisor, supervisor_is_live
workspace = Workspace.open(sys.argv[1])
Supervisor(workspace).start()
while not supervisor_is_live(workspace):
    time.sleep(0.01)
print("ready", flush=True)
time.sleep(1000)
"""
"""Program with a supervisor, as another server of the same workspace."""


def test_a_killed_supervisor_is_followed_by_the_next(lab: Lab) -> None:
    other = subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(lab.workspace.root)], stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"ready\n"
    supervisor = Supervisor(lab.workspace)
    served: list[object] = []
    supervisor._pool.serve = served.append  # type: ignore[method-assign]
    supervisor.start()
    os.kill(other.pid, signal.SIGSTOP)  # it is alive, and its supervisor holds the lock
    supervisor._stopping.wait(1.0)
    assert not served
    other.kill()
    other.wait()
    other.stdout.close()
    attempts = 400
    while not served and (attempts := attempts - 1):
        supervisor._stopping.wait(0.05)
    assert served
    assert supervisor_is_live(lab.workspace)
    supervisor.stop()
