"""The worker pool with workers that are not processes: failed starts, deaths, and tickets that do not disturb each other."""

from pathlib import Path

import pytest

from aeexplorer.jobs import cancel, status, submit
from aeexplorer.jobs.executors.local import Local
from aeexplorer.jobs.pool import MAX_FAILED_STARTS, WorkerPool
from aeexplorer.jobs.queue import queued_ids, read_tickets
from aeexplorer.jobs.requests import write_request
from aeexplorer.jobs.retries import Retries
from aeexplorer.jobs.worker import train
from aeexplorer.training.run import Run
from tests.jobs.lab import Lab, life
from tests.jobs.test_retries import Clock


class Ended:
    """A worker that has ended already."""

    def exit_reason(self) -> str:
        return "exit code 0"


@pytest.fixture
def pool(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> WorkerPool:
    """A pool of one worker, which trains in this process. It cannot start a worker for the run with seed 0."""

    def start(self: Local, folder: Path, device: str, threads: int) -> Ended:
        if Run(folder).config.seed == 0:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        train(Run(folder), device)
        return Ended()

    monkeypatch.setattr(Local, "start", start)
    pool = WorkerPool(lab.workspace, concurrency=1)
    pool._retries = Retries(Clock())
    return pool


def serve(pool: WorkerPool, seconds: int) -> None:
    """Serve the queue once a second."""
    for _ in range(seconds):
        pool._retries._clock.now += 1  # type: ignore[attr-defined]
        pool.serve(read_tickets(pool.workspace))


def test_a_run_whose_worker_cannot_be_started_does_not_starve_the_next(lab: Lab, pool: WorkerPool) -> None:
    bad, good = lab.run(), lab.run(seed=1)
    submit(lab.workspace, bad, "cpu")
    submit(lab.workspace, good, "cpu")
    serve(pool, 1)
    assert status(good).state == "finished"
    assert status(bad).state == "queued"
    assert read_tickets(lab.workspace)[0].starts == 0
    serve(pool, 30)
    assert status(bad).state == "interrupted"
    assert "could not be started ([Errno 11] Resource temporarily unavailable). Resume the run" in status(bad).message
    assert pool._retries.failure(bad.id) is None
    assert queued_ids(lab.workspace) == []
    submit(lab.workspace, bad, "cpu")
    assert status(bad).state == "queued"


def test_a_failed_start_is_tried_again_later(lab: Lab, pool: WorkerPool) -> None:
    run = lab.run()
    submit(lab.workspace, run, "cpu")
    serve(pool, 1)
    failure = pool._retries.failure(run.id)
    assert failure is not None
    assert failure.count == 1
    pool.serve(read_tickets(lab.workspace))  # too early
    assert pool._retries.failure(run.id) is failure
    serve(pool, 6)
    assert pool._retries.failure(run.id).count == 3 < MAX_FAILED_STARTS  # type: ignore[union-attr]


def test_a_run_whose_events_cannot_be_written_leaves_the_queue(lab: Lab, pool: WorkerPool) -> None:
    run = lab.run()
    (run.folder / "events.jsonl").mkdir()
    submit(lab.workspace, run, "cpu")
    serve(pool, 30)
    assert queued_ids(lab.workspace) == []
    assert status(run).state == "cancelled"


def test_a_cancelled_run_whose_workers_die_is_cancelled(lab: Lab, pool: WorkerPool) -> None:
    """It was marked as interrupted, as if nobody had cancelled it."""
    run = lab.run()
    submit(lab.workspace, run, "cpu")
    write_request(run.folder, "cancel")
    serve(pool, 30)
    assert life(run) == ["cancelled"]
    assert status(run).state == "cancelled"
    cancel(lab.workspace, run)
    assert queued_ids(lab.workspace) == []
