"""Searches advanced round by round. Runs are trained in this process instead of by workers."""

from collections.abc import Callable
from typing import Any

import pytest

from aeexplorer.core.errors import UserError
from aeexplorer.jobs import Supervisor, pause, resume, status, submit
from aeexplorer.jobs.queue import queued_ids
from aeexplorer.jobs.searches import (
    advance_search,
    cancel_search,
    pause_search,
    remove_search,
    resume_search,
    search_status,
    watch_search,
)
from aeexplorer.jobs.worker import train
from aeexplorer.training.config import RunConfig
from aeexplorer.training.events import EventLog
from aeexplorer.training.run import open_run, remove_run
from aeexplorer.training.search.search import Search, SearchConfig, create_search, open_search
from aeexplorer.training.search.space import read_space
from aeexplorer.training.search.study import importances
from tests.jobs.lab import Lab

SMALL = {"model.network": "dense", "model.hidden": 8, "training.epochs": 2, "training.batch_size": 64}


@pytest.fixture
def new_search(lab: Lab) -> Callable[..., Search]:
    """Return a function that creates a search on the lab's dataset. Keyword arguments are its settings."""

    def create(vary: dict[str, str] | None = None, **settings: Any) -> Search:
        base = RunConfig(dataset=lab.dataset.id).replace(SMALL)
        space = read_space(base, vary or {"model.latent_dim": "1,4", "training.learning_rate": "1e-4..1e-1"})
        return create_search(lab.workspace, SearchConfig(base=base, space=space, **settings), "mine", "dense-ae", "cpu")

    return create


def train_queued(search: Search) -> None:
    """Train the queued runs, as workers would."""
    existing = {path.name for path in search.workspace.runs.iterdir()}
    for run_id in filter(existing.__contains__, queued_ids(search.workspace)):
        train(open_run(search.workspace, run_id), "cpu")


def finish(search: Search, workers: int = 1) -> None:
    """Advance a search to its end. It is opened again before each round, as after a restart."""
    for _ in range(40):
        advance_search(open_search(search.workspace, search.id), workers)
        if not search_status(search).active:
            return
        train_queued(search)
    raise AssertionError(search_status(search))


def test_a_grid_tries_every_combination_once(new_search: Callable[..., Search]) -> None:
    search = new_search({"model.latent_dim": "1,2", "training.learning_rate": "1e-3,1e-2"}, sampler="grid", pruning=False)
    finish(search)
    assert search_status(search).message == "Every combination was tried."
    tried = [tuple(trial.values.values()) for trial in search.trials()]
    assert tried == [(1, 1e-3), (1, 1e-2), (2, 1e-3), (2, 1e-2)]
    for value, trial in search.ranked():
        run = search.run(trial)
        assert run.finished
        assert run.config.model.bottleneck.latent_dim == trial.values["model.bottleneck.latent_dim"]
        assert value == pytest.approx(run.metrics["validation"]["mse"], rel=1e-4)
    assert [value for value, _ in search.ranked()] == sorted(value for value, _ in search.ranked())


def test_tpe_suggests_new_values_and_the_same_ones_when_repeated(new_search: Callable[..., Search], lab: Lab) -> None:
    search = new_search(trials=6, pruning=False)
    finish(search)
    first = [dict(trial.values) for trial in search.trials()]
    assert len({tuple(values.values()) for values in first}) == 6
    assert all(1e-4 <= values["training.learning_rate"] <= 1e-1 for values in first)
    (search.folder / "trials.json").unlink()
    (search.folder / "ended.json").unlink()
    finish(search)  # the runs have finished, so nothing is trained
    assert [dict(trial.values) for trial in search.trials()] == first
    shares = importances(search, search.trials())
    assert set(shares) == set(search.config.space)
    assert sum(shares.values()) == pytest.approx(1)


def test_random_search_ends_when_all_values_were_tried(new_search: Callable[..., Search]) -> None:
    search = new_search({"model.latent_dim": "1,2,3"}, sampler="random", trials=12)
    finish(search)
    assert sorted(trial.values["model.bottleneck.latent_dim"] for trial in search.trials()) == [1, 2, 3]


def test_as_many_trials_are_queued_as_workers_are_free(new_search: Callable[..., Search], lab: Lab) -> None:
    submit(lab.workspace, lab.run(), "cpu")
    search = new_search()
    advance_search(search, 4)
    assert len(search.trials()) == 3
    advance_search(search, 4)
    assert len(search.trials()) == 3
    other = new_search(parallel=2, seed=1)
    advance_search(other, 4)
    assert len(other.trials()) == 2


def test_a_trial_that_stays_worse_than_the_median_is_stopped(new_search: Callable[..., Search]) -> None:
    """Four trials finish with errors of about 0.1; the fifth has an error of 0.9 after the same epochs."""
    search = new_search(trials=6)
    for number in range(5):
        advance_search(search, 1)
        run = search.run(search.trials()[number])
        for epoch in (1, 2, 3):
            error = 0.9 if number == 4 else 0.1 + number / 100
            metrics = {"mse": error, "validation_mse": error, "validation_loss": error}
            with EventLog(run.folder) as log:
                log.append("progress", step=epoch, epoch=float(epoch), losses={"loss": error}, metrics=metrics)
        if number < 4:
            with EventLog(run.folder) as log:
                log.append("finished")
            (ticket,) = search.workspace.queue.glob(f"*{run.id}*")
            ticket.unlink()
    advance_search(search, 1)
    assert search.trials()[4].stopped
    assert status(search.run(search.trials()[4])).state == "cancelled"
    advance_search(search, 1)
    assert search.trials()[4].end == "pruned"
    assert len(search.trials()) == 6


def test_pausing_and_resuming_a_search_includes_its_trials(new_search: Callable[..., Search]) -> None:
    search = new_search(trials=2, sampler="random")
    advance_search(search, 1)
    (trial,) = search.trials()
    pause_search(search)
    assert search_status(search).state == "paused"
    assert status(search.run(trial)).state == "paused"
    advance_search(search, 4)
    assert search.trials() == [trial]
    resume_search(search)
    assert status(search.run(trial)).state == "queued"
    finish(search)
    assert len(search.ranked()) == 2
    cancel_search(search)
    assert search_status(search).state == "finished"


def test_a_trial_paused_by_hand_frees_its_worker_and_can_be_resumed(new_search: Callable[..., Search]) -> None:
    search = new_search(trials=3, sampler="random")
    advance_search(search, 1)
    (first,) = search.trials()
    pause(search.run(first))
    for _ in range(3):
        advance_search(search, 1)
        train_queued(search)
    advance_search(search, 1)
    assert [trial.end for trial in search.trials()] == [None, "finished", "finished"]
    assert search_status(search).active
    assert "paused trials are left" in search_status(search).message
    resume(search.workspace, search.run(first), "cpu")
    assert search_status(search).message == ""
    finish(search)
    assert [trial.end for trial in search.trials()] == ["finished"] * 3
    assert search_status(search).state == "finished"


def test_cancelling_a_search_ends_its_trials(new_search: Callable[..., Search]) -> None:
    search = new_search()
    advance_search(search, 2)
    with pytest.raises(UserError, match="is still running"):
        remove_search(search)
    cancel_search(search)
    assert search_status(search).state == "cancelled"
    assert {status(search.run(trial)).state for trial in search.trials()} == {"cancelled"}
    assert queued_ids(search.workspace) == []


def test_a_trial_whose_run_was_removed_counts_as_failed(new_search: Callable[..., Search]) -> None:
    search = new_search(trials=2, sampler="random")
    advance_search(search, 1)
    remove_run(search.workspace, search.trials()[0].run_id)
    finish(search)
    assert [trial.end for trial in search.trials()] == ["failed", "finished"]


def test_a_dataset_without_a_validation_split_is_refused(lab: Lab) -> None:
    from aeexplorer.data.dataset import NewField, create_dataset

    image = lab.dataset.main_field
    field = {"image": NewField("image", image.array[:20], {})}
    whole = create_dataset(lab.workspace, "whole", field, lab.dataset.table.slice(0, 20), lab.dataset.split[:20] * 0)
    base = RunConfig(dataset=whole.id)
    with pytest.raises(UserError, match="no validation split"):
        create_search(lab.workspace, SearchConfig(base=base, space=read_space(base, {"seed": "0,1"})), "none")


def test_the_supervisor_advances_a_search_and_its_workers_train(
    new_search: Callable[..., Search], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    search = new_search(trials=2, sampler="random", parallel=2)
    supervisor = Supervisor(search.workspace, concurrency=2)
    supervisor.start()
    done = [current.done for current in watch_search(search)]
    supervisor.stop()
    assert done[-1] == 2
    assert [trial.end for trial in search.trials()] == ["finished", "finished"]
