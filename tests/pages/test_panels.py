"""The panels Reconstructions, Metrics and Generation on the page."""

import pytest
from streamlit.testing.v1 import AppTest

from aeexplorer.analysis.generation.drawing import fit_prior
from aeexplorer.analysis.runs.quality.measuring import compute_metrics
from tests.pages.studio import Studio


def texts(at: AppTest) -> str:
    return "\n".join(element.value for element in [*at.markdown, *at.caption])


@pytest.mark.parametrize("name", ["vae", "vq", "ae"])
def test_metrics_are_shown_beside_those_of_pca(studio: Studio, name: str) -> None:
    run = studio.runs[name]
    metrics = compute_metrics(run)
    page = texts(studio.open("explore", run=run.id, method="pca", panel="metrics"))
    assert f"| **{metrics['mse']:.5f}** | {metrics['pca']['mse']:.5f} |" in page or (
        f"| {metrics['mse']:.5f} | **{metrics['pca']['mse']:.5f}** |" in page
    )
    assert ("Importance-weighted bound" in page) == (name == "vae")
    assert ("Perplexity" in page) == (name == "vq")
    assert "Trustworthiness" in page


def test_the_columns_of_a_table_are_ordered_by_error(studio: Studio) -> None:
    run = studio.runs["ae"]
    at = studio.open("explore", run=run.id, method="pca", panel="reconstructions")
    table = at.dataframe[0].value
    assert sorted(table.index) == sorted(column["name"] for column in run.dataset.main_field.meta["columns"])
    assert table["error"].is_monotonic_decreasing
    ids = [name.split()[0] for name in table.columns if name.endswith(" input")]
    assert list(table.columns) == ["error", *(f"{i} {part}" for i in ids for part in ("input", "reconstruction"))]


def test_metrics_without_a_background_process_say_so(studio: Studio) -> None:
    at = studio.open("explore", run=studio.runs["ae"].id, method="pca", panel="metrics")
    assert "no background process" in texts(at)


def test_draws_have_a_seed(studio: Studio) -> None:
    run = studio.runs["vae"]
    at = studio.open("explore", run=run.id, panel="generation")
    assert "20 draws, seed 0 · nearest of 320 training samples" in texts(at)
    at.number_input(key="explore.seed").set_value(7).run()
    assert "20 draws, seed 7" in texts(at)
    at.button(key="explore.redraw").click().run()
    assert not at.exception
    assert at.number_input(key="explore.seed").value != 7


def test_an_address_with_prior_temperature_and_seed_draws_the_same_samples(studio: Studio) -> None:
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


def test_a_prior_that_the_run_does_not_have_is_replaced(studio: Studio) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id, panel="generation")
    at.button_group(key="explore.prior").set_value("standard").run()
    assert "The prior that the VAE was trained with" in texts(at)
    at.selectbox(key="explore.run").set_value(studio.runs["ae"].id).run()
    assert not at.exception
    assert "Ten Gaussians fitted" in texts(at)
    assert len(at.dataframe[-1].value) == 20


def test_a_slow_prior_draws_once_it_is_fitted(studio: Studio) -> None:
    run = studio.runs["vq"]
    at = studio.open("explore", run=run.id, method="pca", panel="generation")
    assert "no background process" in texts(at)
    at.button_group(key="explore.prior").set_value("positions").run()
    assert "20 draws" in texts(at)
    fit_prior(run, "autoregressive")
    at.button_group(key="explore.prior").set_value("autoregressive").run()
    assert "which codes follow one another" in texts(at)
