"""The panels Neighbours and Concepts, and colourings by the distortion of the map."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from aeexplorer.analysis.latents.concepts import find_direction, latent_neighbourhood, move_along
from aeexplorer.analysis.latents.saved_concepts import saved_concepts
from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.analysis.samples.similar import sample_spaces, similar_samples
from aeexplorer.ui.session.selection import from_text, to_text
from tests.pages.studio import Studio

SendEvent = Callable[..., None]


def texts(at: AppTest) -> str:
    return "\n".join(element.value for element in [*at.markdown, *at.caption])


def button(at: AppTest, key: str) -> Any:
    return next(element for element in at.button if element.key == key)


def test_a_click_shows_the_nearest_samples_in_the_latent_space(studio: Studio, send_chart_event: SendEvent) -> None:
    run = studio.runs["vae"]
    at = studio.open("explore", run=run.id, panel="neighbours", method="pca")
    assert "Click a point on the map" in texts(at)
    send_chart_event(at, "map", 1, **{"id": 17})
    projection = compute_projection(run, "pca")
    similar = similar_samples(run, projection, sample_spaces(run, projection), 17, k=12)
    assert at.dataframe[-1].value["sample"].tolist() == similar.ids.tolist()
    assert at.dataframe[-1].value["map rank"].tolist() == similar.ranks["map"].tolist()
    assert at.query_params["like"] == "17"
    button(at, "neighbours.light").click().run()
    selected = from_text(at.query_params["selection"], run.folder / "selections")
    assert selected is not None
    assert selected.tolist() == sorted([17, *similar.ids.tolist()])


@pytest.mark.parametrize("name", ["vae", "vq", "ae"])
def test_neighbours_and_concepts_of_every_kind_of_run(studio: Studio, name: str) -> None:
    run = studio.runs[name]
    for near, measure in (("inputs", "cosine"), ("map", "euclidean")):
        at = studio.open("explore", run=run.id, method="pca", panel="neighbours", like=5, near=near, measure=measure)
        assert len(at.dataframe[-1].value) == 12
    side = to_text(np.arange(30), run.folder / "selections")
    at = studio.open("explore", run=run.id, method="pca", panel="concepts", side_a=side, subject=50, strength=0.5)
    assert f"A 30 samples, B {run.dataset.n - 30}" in texts(at)
    latents = move_along(run, 50, find_direction(run, np.arange(30), np.empty(0, np.int32)).vector, np.array([0.5]))
    ids = run.dataset.ids()
    assert f"sample {latent_neighbourhood(run, latents[0], ids, run.latents(ids), (50,)).ids[0]}, " in texts(at)
    at = studio.open("explore", run=run.id, method="pca", panel="concepts", concepts="arithmetic", terms="3,4,5")
    assert "the real sample nearest to it" in texts(at)


def test_selections_become_sets_and_the_direction_is_saved_under_a_name(studio: Studio, send_chart_event: SendEvent) -> None:
    run = studio.runs["vae"]
    at = studio.open("explore", run=run.id, panel="concepts")
    assert button(at, "concepts.A").disabled
    send_chart_event(at, "map", 1, range(40))
    button(at, "concepts.A").click().run()
    send_chart_event(at, "map", 2, range(30, 100))
    button(at, "concepts.B").click().run()
    assert "A 40 samples, B 60" in texts(at)
    send_chart_event(at, "map", 3, **{"id": 200})
    assert at.query_params["subject"] == "200"
    next(element for element in at.text_input if element.key == "concepts.name").set_value("leaning").run()
    button(at, "concepts.save").click().run()
    assert not at.exception
    (saved,) = saved_concepts(run)
    assert saved.name == "leaning"
    assert saved.vector == pytest.approx(find_direction(run, np.arange(40), np.arange(40, 100)).vector.tolist())
    assert at.query_params["concept"] == "leaning"
    button(at, "concepts.delete").click().run()
    assert saved_concepts(run) == []
    assert "concept" not in at.query_params


def test_three_clicks_set_the_terms_of_the_arithmetic(studio: Studio, send_chart_event: SendEvent) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id, panel="concepts", concepts="arithmetic")
    for version, sample in enumerate((9, 8, 7), 1):
        send_chart_event(at, "map", version, **{"id": sample})
    assert at.query_params["terms"] == "9,8,7"
    send_chart_event(at, "map", 4, **{"id": 6})
    assert at.query_params["terms"] == "6"


def test_the_map_can_be_coloured_by_its_distortion(studio: Studio) -> None:
    run = studio.runs["vae"]
    at = studio.open("explore", run=run.id, method="pca", colour="missing neighbours", layers="distortion,clusters,density")
    assert at.query_params["colour"] == "missing neighbours"
    assert not at.error
    assert (run.folder / "distortions" / "pca-2-latents.safetensors").exists()
    at = studio.open("explore", run=run.id, method="latents", colour="missing neighbours")
    assert "colour" not in at.query_params
