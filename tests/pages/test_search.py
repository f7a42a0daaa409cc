"""Tests of the page Search through its script. Trials are trained in this process instead of in workers."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from aeexplorer.jobs.queue import queued_ids
from aeexplorer.jobs.searches import advance_search, search_status
from aeexplorer.jobs.worker import train
from aeexplorer.training.defaults import config_for
from aeexplorer.training.run import open_run
from aeexplorer.training.search.search import Search, SearchConfig, create_search, open_search
from aeexplorer.training.search.space import read_space
from aeexplorer.ui.search.objective import objective_title
from tests.pages.studio import Studio


@pytest.fixture
def finished(studio: Studio) -> Search:
    """A finished search of three trials over a table."""
    dataset = studio.runs["ae"].dataset
    base = config_for("dense-ae", dataset, {"model.hidden": 8, "training.epochs": 1})
    space = read_space(base, {"model.latent_dim": "1,2,3"})
    search = create_search(studio.workspace, SearchConfig(base=base, space=space, sampler="grid"), "mine", "dense-ae", "cpu")
    while search_status(search).active:
        advance_search(search, 3)
        for run_id in queued_ids(studio.workspace):
            train(open_run(studio.workspace, run_id), "cpu")
    return search


def words(at: AppTest) -> str:
    return "\n".join(element.value for element in [*at.markdown, *at.caption])


def started(at: AppTest, studio: Studio) -> Search:
    at.button(key="search.start").click().run()
    assert not at.exception
    return open_search(studio.workspace, str(at.query_params["search"]))


def test_without_a_dataset_the_page_links_to_data(empty_studio: Studio) -> None:
    at = empty_studio.open("search")
    assert len(at.info) == 1


def test_a_search_has_the_settings_of_the_form(studio: Studio) -> None:
    dataset = studio.runs["vae"].dataset
    key = f"search.{dataset.id}.dense-ae"
    at = studio.open("search", dataset=dataset.id, preset="dense-ae")
    at.text_input(key=f"{key}:training.learning_rate").set_value("1e-3..1e-1").run()
    at.multiselect(key=f"{key}.varied").set_value(["training.learning_rate", "model.activation"]).run()
    at.text_input(key=f"{key}:model.activation").set_value("relu,tanh").run()
    at.number_input(key=f"{key}.base:training.epochs").set_value(2).run()
    at.number_input(key=f"{key}.how:trials").set_value(5).run()
    config = started(at, studio).config
    assert config.space == read_space(config.base, {"training.learning_rate": "1e-3..1e-1", "model.activation": "relu,tanh"})
    assert (config.base.training.epochs, config.trials, config.base.dataset) == (2, 5, dataset.id)
    assert [heading.value for heading in at.subheader] == [f"Dense AE on {dataset.name}"]


def test_invalid_values_show_an_error_and_start_nothing(studio: Studio) -> None:
    dataset = studio.runs["vae"].dataset
    at = studio.open("search", dataset=dataset.id, preset="dense-ae")
    at.text_input(key=f"search.{dataset.id}.dense-ae:training.learning_rate").set_value("fast").run()
    assert not at.exception
    assert "'fast'" in at.error[0].value
    assert "search.start" not in [button.key for button in at.button]


def test_varying_a_setting_without_effect_shows_a_warning(studio: Studio) -> None:
    dataset = studio.runs["vae"].dataset
    key = f"search.{dataset.id}.dense-ae"
    at = studio.open("search", dataset=dataset.id, preset="dense-ae")
    assert f"{key}.base:training.momentum" not in [slider.key for slider in at.slider]
    at.multiselect(key=f"{key}.varied").set_value(["training.momentum"]).run()
    assert [warning.value.split(":")[0].replace("\\", "") for warning in at.warning] == [
        f"training.momentum has no effect with training.optimizer {config_for('dense-ae', dataset).training.optimizer}"
    ]
    at.multiselect(key=f"{key}.varied").set_value(["training.optimizer"]).run()
    assert not at.warning
    assert f"{key}.base:training.momentum" in [slider.key for slider in at.slider]


def test_pause_resume_and_cancel(studio: Studio) -> None:
    at = studio.open("search", dataset=studio.runs["vae"].dataset.id, preset="linear-ae")
    search = started(at, studio)
    for key, state in (("search.pause", "paused"), ("search.resume", "running"), ("search.cancel", "cancelled")):
        at.button(key=key).click().run()
        assert not at.exception
        assert search_status(search).state == state


def test_a_finished_search_lists_its_trials_and_compares_the_best(studio: Studio, finished: Search) -> None:
    at = studio.open("search", search=finished.id)
    table: Any = at.dataframe[0].value
    assert table["Latent dimensions"].tolist() == [1, 2, 3]
    best = finished.ranked()[0]
    assert table.set_index("rank").loc[1, "trial"] == best[1].number + 1
    assert table.set_index("rank").loc[1, objective_title(finished)] == pytest.approx(best[0])
    assert "What mattered" in words(at)
    at.button(key="search.compare").click().run()
    assert not at.exception
    assert at.query_params["runs"] == ",".join(trial.run_id for _, trial in finished.ranked())


def test_earlier_searches_are_listed(studio: Studio, finished: Search) -> None:
    at = studio.open("search")
    at.button(key=f"search.open.{finished.id}").click().run()
    assert at.query_params["search"] == finished.id
    at.button(key="search.new").click().run()
    assert "search" not in at.query_params


def test_a_search_is_removed_and_its_runs_stay(studio: Studio, finished: Search) -> None:
    runs = [finished.run(trial).folder for trial in finished.trials()]
    at = studio.open("search", search=finished.id)
    at.button(key="search.remove").click().run()
    assert not at.exception
    assert "search" not in at.query_params
    assert not finished.folder.exists()
    assert all(folder.exists() for folder in runs)


def test_an_unknown_search_is_gone(studio: Studio) -> None:
    at = studio.open("search", search="search-ffffffffffff")
    assert "This search is gone" in at.warning[0].value
