"""Searches advanced round by round. Runs are trained in this process instead of by workers."""

import contextlib
import logging
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from aeexplorer.core.errors import UserError
from aeexplorer.jobs import Status, Supervisor, pause, resume, searches, status, submit
from aeexplorer.jobs.queue import queued_ids
from aeexplorer.jobs.retries import Retries
from aeexplorer.jobs.searches import (
    advance_search,
    advance_searches,
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
from aeexplorer.training.run import Run, open_run, remove_run
from aeexplorer.training.search.search import Search, SearchConfig, Trial, create_search, open_search
from aeexplorer.training.search.space import read_space
from aeexplorer.training.search.study import importances, suggest
from tests.jobs.lab import Lab
from tests.jobs.test_retries import Clock

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


RATES = {"training.learning_rate": "10.0,0.01"}
DIVERGING = {**SMALL, "training.optimizer": "sgd", "training.schedule": "constant", "training.epochs": 20}


@pytest.fixture
def diverging_search(lab: Lab) -> Callable[..., Search]:
    """Return a function that creates a search in which each trial with a learning rate of 10 diverges."""

    def create(vary: dict[str, str] = RATES, **settings: Any) -> Search:
        base = RunConfig(dataset=lab.dataset.id).replace(DIVERGING)
        config = SearchConfig(base=base, space=read_space(base, vary), **{"sampler": "grid", "pruning": False} | settings)
        return create_search(lab.workspace, config, "mine", "dense-ae", "cpu")

    return create


def train_as_workers(search: Search) -> None:
    """Train the queued runs, as workers would, which survive the failure of a run."""
    for run_id in queued_ids(search.workspace):
        with contextlib.suppress(UserError, OSError):
            train(open_run(search.workspace, run_id), "cpu")


def test_a_search_with_a_diverged_trial_stayed_running_for_ever(diverging_search: Callable[..., Search]) -> None:
    search, retries = diverging_search(), Retries()
    for _ in range(6):
        advance_searches(search.workspace, 1, retries)
        train_as_workers(search)
    assert search_status(search).state == "finished"
    assert retries.failure(search.id) is None
    assert [trial.end for trial in search.trials()] == ["diverged", "finished"]
    assert [trial.number for _, trial in search.ranked()] == [1]
    assert importances(search, search.trials()) == {}


def test_events_with_null_do_not_break_a_search(diverging_search: Callable[..., Search]) -> None:
    """NaN is ``null`` in JSON, which broke every reader of the events."""
    search = diverging_search({"model.latent_dim": "1,2"}, pruning=True, objective="validation_loss")
    for number, losses in enumerate(([2.0, math.nan], [math.inf, 1.0])):
        advance_search(search, 1)
        run = search.run(search.trials()[number])
        with EventLog(run.folder) as log:
            for epoch, loss in enumerate(losses, 1):
                metrics = {"mse": 0.1, "validation_mse": 0.1, "validation_loss": loss}
                log.append("progress", step=epoch, epoch=float(epoch), losses={"loss": loss}, metrics=metrics)
            log.append("finished")
        next(search.workspace.queue.glob(f"*{run.id}*")).unlink()
    advance_search(search, 1)
    assert [trial.end for trial in search.trials()] == ["finished", "finished"]
    assert [search.value(trial) for trial in search.trials()] == [None, 1.0]
    assert math.isnan(search.curve(search.trials()[0])[2])


def test_tpe_avoids_the_settings_of_diverged_trials(diverging_search: Callable[..., Search]) -> None:
    """Two ranges of rates of the same size, of which the upper one always diverges: most later trials lie in the lower one."""
    search = diverging_search({"training.learning_rate": "1e-6..10.0"}, sampler="tpe", trials=40)
    trials: list[Trial] = []
    for number in range(40):
        values = suggest(search, trials)
        assert values is not None
        end = "diverged" if values["training.learning_rate"] > 1e-3 else "finished"
        run_id = search.config.base.replace(dict(values)).run_id
        trials.append(Trial(number, run_id, values, end=end))
        folder = search.run(trials[-1]).folder
        folder.mkdir()
        with EventLog(folder) as log:
            loss = abs(math.log10(values["training.learning_rate"]) + 4)
            log.append("progress", step=1, epoch=1.0, losses={"loss": loss}, metrics={"validation_mse": loss})
    rates = np.array([trial.values["training.learning_rate"] for trial in trials])
    assert (rates[:10] > 1e-3).any()
    assert (rates[10:] > 1e-3).mean() < 0.25


def test_one_bad_search_neither_stops_the_others_nor_fills_the_log(
    diverging_search: Callable[..., Search], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logging.getLogger("aeexplorer"), "propagate", True)
    good, bad = diverging_search({"model.latent_dim": "1,2"}), diverging_search({"model.latent_dim": "3"})
    advance = searches.advance_search

    def advance_one(search: Search, workers: int) -> None:
        if search.id == bad.id:
            raise KeyError("session")
        advance(search, workers)

    monkeypatch.setattr(searches, "advance_search", advance_one)
    clock = Clock()
    retries = Retries(clock)
    for _ in range(300):  # five minutes
        clock.now += 1
        advance_searches(good.workspace, 1, retries)
        if search_status(good).active:
            train_as_workers(good)
    assert [trial.end for trial in good.trials()] == ["finished", "finished"]
    assert search_status(bad).state == "finished"
    assert search_status(bad).message.startswith("The search ended early because of an unexpected error, KeyError: 'session'.")
    records = dict.fromkeys(caplog.records)  # pytest may hear a logger twice
    errors = [record for record in records if (record.name, record.levelname) == ("aeexplorer.jobs", "ERROR")]
    assert [record.exc_info is not None for record in errors] == [True] + [False] * (searches.MAX_FAILURES - 1)


def test_a_trial_whose_files_cannot_be_read_counts_as_failed(
    diverging_search: Callable[..., Search], monkeypatch: pytest.MonkeyPatch
) -> None:
    search = diverging_search({"model.latent_dim": "1,2"})
    advance_search(search, 1)
    bad = search.trials()[0].run_id

    def status_of(run: Run) -> Status:
        if run.id == bad:
            raise PermissionError(13, "Permission denied")
        return status(run)

    monkeypatch.setattr(searches, "status", status_of)
    for _ in range(4):
        advance_search(search, 2)
        train_as_workers(search)
    assert [trial.end for trial in search.trials()] == ["failed", "finished"]
    assert search_status(search).state == "finished"
