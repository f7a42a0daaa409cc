"""The panels Reconstructions, Metrics and Generation through the page."""

import pytest
from streamlit.testing.v1 import AppTest

from aeexplorer.analysis.generation.drawing import fit_prior
from aeexplorer.analysis.runs.quality.measuring import compute_metrics
from tests.pages.studio import Studio


def texts(at: AppTest) -> str:
    return "\n".join(element.value for element in [*at.markdown, *at.caption])


@pytest.mark.parametrize("name", ["vae", "vq", "ae"])
def test_every_metric_is_shown_with_what_it_says(studio: Studio, name: str) -> None:
    run = studio.runs[name]
    found = compute_metrics(run)
    shown = texts(studio.open("explore", run=run.id, method="pca", panel="metrics"))
    assert f"| **{found['mse']:.5f}** | {found['pca']['mse']:.5f} |" in shown or (
        f"| {found['mse']:.5f} | **{found['pca']['mse']:.5f}** |" in shown
    )
    assert ("Importance-weighted bound" in shown) == (name == "vae")
    assert ("Perplexity" in shown) == (name == "vq")
    assert "Trustworthiness" in shown


def test_the_columns_of_a_table_come_worst_first_with_their_error(studio: Studio) -> None:
    run = studio.runs["ae"]
    at = studio.open("explore", run=run.id, method="pca", panel="reconstructions")
    shown = at.dataframe[0].value
    assert sorted(shown.index) == sorted(column["name"] for column in run.dataset.main_field.meta["columns"])
    assert shown["error"].is_monotonic_decreasing
    ids = [name.split()[0] for name in shown.columns if name.endswith(" input")]
    assert list(shown.columns) == ["error", *(f"{i} {what}" for i in ids for what in ("input", "reconstruction"))]


def test_what_is_not_measured_and_cannot_be_says_so(studio: Studio) -> None:
    at = studio.open("explore", run=studio.runs["ae"].id, method="pca", panel="metrics")
    assert "no projection process" in texts(at)


def test_draws_name_their_seed(studio: Studio) -> None:
    run = studio.runs["vae"]
    at = studio.open("explore", run=run.id, panel="generation")
    assert "20 draws, seed 0 · nearest of 320 training samples" in texts(at)
    at.number_input(key="explore.seed").set_value(7).run()
    assert "20 draws, seed 7" in texts(at)
    at.button(key="explore.redraw").click().run()
    assert not at.exception
    assert at.number_input(key="explore.seed").value != 7


def test_the_address_says_how_samples_were_drawn_and_shows_the_same_ones(studio: Studio) -> None:
    run = studio.runs["vae"].id
    at = studio.open("explore", run=run, method="pca", panel="generation")
    at.button_group(key="explore.prior").set_value("standard").run()
    at.slider(key="explore.temperature").set_value(0.5).run()
    at.number_input(key="explore.seed").set_value(7).run()
    link = {name: at.query_params[name] for name in ("prior", "temperature", "seed")}
    assert link == {"prior": "standard", "temperature": "0.5", "seed": "7"}
    drawn = [caption.value for caption in at.caption if "draws, seed" in caption.value]
    shared = studio.open("explore", run=run, method="pca", panel="generation", **link)
    assert shared.button_group(key="explore.prior").value == "standard"
    assert shared.slider(key="explore.temperature").value == 0.5
    assert drawn == [caption.value for caption in shared.caption if "draws, seed" in caption.value]
    at.selectbox(key="explore.run").set_value(studio.runs["vq"].id).run()
    assert at.query_params["seed"] == "7"


def test_a_prior_is_chosen_and_kept_to_what_the_run_has(studio: Studio) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id, panel="generation")
    at.button_group(key="explore.prior").set_value("standard").run()
    assert "The prior that the VAE was trained with" in texts(at)
    at.selectbox(key="explore.run").set_value(studio.runs["ae"].id).run()
    assert not at.exception
    assert "Ten Gaussians fitted" in texts(at)
    assert len(at.dataframe[-1].value) == 20


def test_the_slow_prior_waits_for_its_process_and_then_draws(studio: Studio) -> None:
    run = studio.runs["vq"]
    at = studio.open("explore", run=run.id, method="pca", panel="generation")
    assert "no projection process" in texts(at)
    at.button_group(key="explore.prior").set_value("positions").run()
    assert "20 draws" in texts(at)
    fit_prior(run, "autoregressive")
    at.button_group(key="explore.prior").set_value("autoregressive").run()
    assert "which codes follow one another" in texts(at)
