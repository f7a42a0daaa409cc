"""Pages of runs whose training diverged, and of runs with numbers that are not finite."""

import contextlib
from typing import Any

import orjson
import pytest

from aeexplorer.core.errors import UserError
from aeexplorer.exchange.formats import FORMATS
from aeexplorer.jobs import status
from aeexplorer.jobs.queue import queued_ids
from aeexplorer.jobs.searches import advance_search, search_status
from aeexplorer.jobs.worker import train
from aeexplorer.training.create import create_run
from aeexplorer.training.defaults import config_for
from aeexplorer.training.run import Run, open_run
from aeexplorer.training.search.search import Search, SearchConfig, create_search
from aeexplorer.training.search.space import read_space
from tests.pages.studio import Studio

RATE = "training.learning_rate"
DIVERGING = {"model.hidden": 8, "training.epochs": 2, "training.optimizer": "sgd", "training.schedule": "constant", RATE: 10.0}


@pytest.mark.parametrize("folds", [1, 2])
def test_a_diverged_run_is_trained_again_with_a_lower_rate_and_not_resumed(studio: Studio, folds: int) -> None:
    dataset = studio.runs["vae"].dataset
    config = config_for("dense-ae", dataset, {**DIVERGING, "folds": folds})
    run = create_run(studio.workspace, config, "mine", "dense-ae")
    with pytest.raises(UserError):
        train(run, "cpu")
    at = studio.open("train", run=run.id)
    assert "the training diverged by step" in at.error[0].value
    assert {"train.resume", "train.pause", "train.cancel"}.isdisjoint(button.key for button in at.button)
    again = at.button(key="train.lower_rate")
    assert again.label == "Train again with a learning rate of 1"
    again.click().run()
    assert not at.exception
    new = open_run(studio.workspace, str(at.query_params["run"]))
    assert new.config == run.config.replace({RATE: 1.0})
    assert len(queued_ids(studio.workspace)) == folds
    for page in ("runs", "explore"):
        assert not studio.open(page, run=run.id).exception


def test_a_search_names_the_trials_that_diverged(studio: Studio) -> None:
    dataset = studio.runs["vae"].dataset
    base = config_for("dense-ae", dataset, DIVERGING | {RATE: 0.01})
    config = SearchConfig(base=base, space=read_space(base, {RATE: "10.0,0.01,0.02,5.0"}), sampler="grid", pruning=False)
    search = create_search(studio.workspace, config, "mine", "dense-ae", "cpu")
    finish(search)
    at = studio.open("search", search=search.id)
    assert not at.exception
    table: Any = at.dataframe[0].value
    assert table["state"].tolist() == ["diverged", "finished", "finished", "diverged"]
    assert sorted(table["rank"].dropna()) == [1, 2]
    assert table["rank"].isna().tolist() == [True, False, False, True]


def finish(search: Search) -> None:
    while search_status(search).active:
        advance_search(search, 4)
        for run_id in queued_ids(search.workspace):
            with contextlib.suppress(UserError):
                train(open_run(search.workspace, run_id), "cpu")


@pytest.mark.parametrize("name", ["vae", "vq", "ae"])
def test_a_finished_run_with_null_in_its_metrics_and_events_is_shown(studio: Studio, name: str, tmp_path: Any) -> None:
    """So it is where the loss of test samples far outside the training split is infinite."""
    run = studio.runs[name]
    metrics = orjson.loads((run.folder / "metrics.json").read_bytes())
    for split in ("validation", "test"):
        figures = {key: None if isinstance(value, float) else value for key, value in metrics[split].items()}
        metrics[split] = figures | {"active_units": 1.0} if "active_units" in figures else figures  # a count is always finite
    metrics["health"] = dict.fromkeys(metrics["health"])
    (run.folder / "metrics.json").write_bytes(orjson.dumps(metrics))
    events = [orjson.loads(line) for line in (run.folder / "events.jsonl").read_bytes().splitlines()]
    for event in events[len(events) // 2 :]:
        for group in {"losses", "metrics"} & set(event):
            event[group] = dict.fromkeys(event[group])
    (run.folder / "events.jsonl").write_bytes(b"\n".join(map(orjson.dumps, events)) + b"\n")
    assert status(run).state == "finished"
    other = studio.runs["vq" if name == "vae" else "vae"]
    for page, address in (
        ("train", {"run": run.id}),
        ("runs", {"run": run.id}),
        ("explore", {"run": run.id}),
        ("explore", {"run": run.id, "panel": "training"}),
        ("explore", {"run": run.id, "panel": "metrics"}),
        *([("compare", {"runs": f"{run.id},{other.id}"})] if name != "ae" else []),
    ):
        at = studio.open(page, **address)
        assert not at.exception, (page, address)
    for file_format in FORMATS.values():
        with contextlib.suppress(UserError):  # some formats do not fit some runs
            assert file_format.write(Run(run.folder), tmp_path / f"x{file_format.ending}").exists()
