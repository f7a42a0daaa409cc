"""Submitting, pausing, resuming and cancelling without worker processes: the files that are written, and the states of runs."""

import pytest

from aeexplorer.core.errors import UserError
from aeexplorer.jobs import cancel, pause, resume, status, submit, train
from aeexplorer.jobs.queue import queued_ids
from aeexplorer.jobs.status import divergence
from aeexplorer.training.checkpoint import load_checkpoint
from aeexplorer.training.events import EventLog
from tests.jobs.lab import ENDLESS, Lab, life


def test_submitting_a_run_twice_queues_it_once(lab: Lab) -> None:
    run, same, other = lab.run(), lab.run(), lab.run(seed=1)
    assert status(run).state == "new"
    for each in (run, same, other, run):
        submit(lab.workspace, each, "cpu")
    assert run.id == same.id
    assert queued_ids(lab.workspace) == [run.id, other.id]
    assert [(status(r).state, status(r).position) for r in (run, other)] == [("queued", 1), ("queued", 2)]


def test_pausing_a_queued_run_withdraws_it_and_resuming_queues_it_last(lab: Lab) -> None:
    run, other = lab.run(), lab.run(seed=1)
    submit(lab.workspace, run)
    submit(lab.workspace, other)
    pause(run)
    assert status(run).state == "paused"
    assert status(other).position == 1
    resume(lab.workspace, run)
    assert queued_ids(lab.workspace) == [other.id, run.id]


def test_cancelling_a_queued_run_without_a_checkpoint_ends_it_at_once(lab: Lab) -> None:
    run = lab.run()
    submit(lab.workspace, run)
    cancel(lab.workspace, run)
    assert status(run).state == "cancelled"
    assert queued_ids(lab.workspace) == []
    submit(lab.workspace, run)
    assert status(run).state == "queued"


def test_pausing_a_training_run_writes_a_checkpoint_and_resuming_continues_from_it(lab: Lab) -> None:
    run = lab.run(**ENDLESS)
    with lab.training(run):
        assert status(run).state == "running"
        pause(run)
    paused = status(run)
    assert paused.state == "paused"
    assert load_checkpoint(run.folder / "checkpoint").state["step"] == paused.step > 0
    assert not run.finished

    with lab.training(run):
        pause(run)
    assert life(run) == ["started", "paused", "resumed", "paused"]
    resumed = next(e for e in run.events() if e["kind"] == "resumed")
    assert resumed["step"] == paused.step
    assert status(run).seconds > paused.seconds
    steps = [e["step"] for e in run.history()]
    assert steps == sorted(set(steps))


def test_cancelling_keeps_the_results_so_far(lab: Lab) -> None:
    run = lab.run(**ENDLESS)
    with lab.training(run):
        cancel(lab.workspace, run)
    now = status(run)
    assert now.state == "cancelled"
    assert run.finished
    assert run.metrics["state"] == "cancelled"
    assert run.metrics["epochs"] == pytest.approx(now.epoch)
    assert run.latents(lab.dataset.ids("test")).shape == (32, 16)
    assert 0 < run.metrics["test"]["mse"] < 1


def test_a_finished_run_stays_finished(lab: Lab) -> None:
    run = lab.run()
    train(run, "cpu")
    before = run.events()
    submit(lab.workspace, run)
    pause(run)
    cancel(lab.workspace, run)
    assert status(run).state == "finished"
    assert queued_ids(lab.workspace) == []
    assert run.events() == before
    with pytest.raises(UserError, match="has finished"):
        resume(lab.workspace, run)


def test_a_run_that_is_resumed_while_it_is_being_paused_goes_on(lab: Lab) -> None:
    """The worker that is still pausing does not withdraw the ticket of the resume."""
    run = lab.run(**ENDLESS)
    with lab.training(run):
        pause(run)
        resume(lab.workspace, run, "cpu")
        if life(run)[-1] != "paused":  # the worker had not noticed the pause yet, and goes on
            assert status(run).state == "running"
            cancel(lab.workspace, run)
        else:
            assert queued_ids(lab.workspace) == [run.id]


DIVERGING = {"training.optimizer": "sgd", "training.learning_rate": 10.0, "training.schedule": "constant", "training.epochs": 20}


def test_a_diverged_run_is_not_resumed_but_a_lower_rate_is_named(lab: Lab) -> None:
    """Resuming it ended in ``KeyError: 'session'``."""
    run = lab.run(**DIVERGING)
    for _ in range(2):
        with pytest.raises(UserError, match=r"diverged by step \d+: .* Train again with a learning rate of 1, or with"):
            train(run, "cpu")
        assert status(run).diverged
        with pytest.raises(UserError, match=r"cannot be resumed: the training diverged .* Train again with a learning rate of 1"):
            resume(lab.workspace, run)
        submit(lab.workspace, run)
        assert queued_ids(lab.workspace) == []
    assert run.events()[-1]["lower_rate"] == 1.0
    assert "session" in load_checkpoint(run.folder / "checkpoint").state
    other = lab.run(**DIVERGING | {"training.learning_rate": 0.05})
    train(other, "cpu")
    assert status(other).state == "finished"
    assert not status(other).diverged


@pytest.mark.parametrize("rate", ["1", None, -1.0, True, {"x": 1}, 1e999])
def test_an_odd_rate_in_the_events_is_not_offered(lab: Lab, rate: object) -> None:
    run = lab.run()
    with EventLog(run.folder) as log:
        log.append("failed", lower_rate=rate)
    diverged = divergence(run.folder)
    assert diverged is not None
    assert diverged.lower_rate in (None, 1.0)


def test_runs_that_diverged_in_earlier_versions_are_recognised(lab: Lab) -> None:
    run = lab.run()
    reason = "the training diverged by step 4: loss became infinite or not a number, at a learning rate of 10"
    with EventLog(run.folder) as log:
        log.append("started", step=0, steps=64)
        log.append("failed", reason=reason, fix="Train again with a learning rate of 1", message=f"{reason}. Train again.")
    assert status(run).diverged
    with pytest.raises(UserError, match="Train again with a learning rate of 1"):
        resume(lab.workspace, run)
    with EventLog(run.folder) as log:
        log.append("failed", reason="memory ran out", fix="Train with a smaller batch", message="Memory ran out.")
    assert not status(run).diverged
    resume(lab.workspace, run)
    assert queued_ids(lab.workspace) == [run.id]
