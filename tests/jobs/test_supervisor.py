"""The supervisor with real workers: restarts, workers that die, pausing and cancelling from another process."""

import os
import shutil
import signal
from collections.abc import Iterator

import pytest

from aeexplorer.jobs import Supervisor, cancel, pause, resume, status, submit, supervisor_is_live, train_in_worker
from aeexplorer.jobs.queue import queued_ids
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
