"""Paths, traversals and slices on the page Explore."""

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from aeexplorer.analysis.latents.geodesics import compute_graph
from tests.pages.studio import Studio


def texts(at: AppTest) -> str:
    return "\n".join(element.value for element in [*at.markdown, *at.caption, *at.text])


def test_clicks_extend_the_path_in_their_order(studio: Studio, send_chart_event: Callable[..., None]) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id, panel="paths")
    send_chart_event(at, "map", 1, id=12)
    assert "Now click the sample where the path goes next" in texts(at)
    for version, sample in ((2, 55), (3, 8)):
        send_chart_event(at, "map", version, id=sample)
    assert at.query_params["points"] == "12,55,8"
    at.button(key="explore.path reverse").click().run()
    assert at.query_params["points"] == "8,55,12"
    at.button(key="explore.path undo").click().run()
    assert at.query_params["points"] == "8,55"
    assert "selection" not in at.query_params
    at.button(key="explore.path clear").click().run()
    assert "points" not in at.query_params


def test_the_selected_samples_become_way_points(studio: Studio, send_chart_event: Callable[..., None]) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id, panel="paths")
    send_chart_event(at, "map", 1, [7, 40, 203])
    at.button(key="explore.path selected").click().run()
    assert at.query_params["points"] == "7,40,203"
    send_chart_event(at, "map", 2, range(20))
    assert at.button(key="explore.path selected").disabled


@pytest.mark.parametrize("run", ["vae", "vq", "ae"])
@pytest.mark.parametrize("path", ["spherical", "geodesic"])
def test_every_path_of_every_kind_of_run_draws(studio: Studio, run: str, path: str) -> None:
    compute_graph(studio.runs[run])
    at = studio.open("explore", run=studio.runs[run].id, panel="paths", method="pca", path=path, points="3,9,44")
    assert "times that of straight lines" in texts(at)


def test_a_geodesic_without_its_graph_requests_the_graph(studio: Studio) -> None:
    (studio.runs["vae"].folder / "geodesics.safetensors").unlink(missing_ok=True)
    at = studio.open("explore", run=studio.runs["vae"].id, panel="paths", path="geodesic", points="3,9")
    assert "Distances in decoded space" in texts(at)


@pytest.mark.parametrize("run", ["vae", "ae"])
def test_a_traversal_starts_from_the_clicked_sample_and_sliders_move_it(
    studio: Studio, send_chart_event: Callable[..., None], run: str
) -> None:
    at = studio.open("explore", run=studio.runs[run].id, panel="traversal", method="pca")
    assert "mean" in texts(at)
    send_chart_event(at, "map", 1, id=12)
    assert at.query_params["origin"] == "12"
    at.slider(key="explore.latent 1").set_value(-1.5).run()
    assert not at.exception
    assert at.query_params["moved"] == "1:-1.5"
    assert at.slider(key="explore.latent 1").value == -1.5
    at.button(key="explore.traverse reset").click().run()
    assert "moved" not in at.query_params
    assert at.query_params["origin"] == "12"


def test_slices_are_chosen_by_latents_or_by_three_samples(studio: Studio, send_chart_event: Callable[..., None]) -> None:
    at = studio.open("explore", run=studio.runs["vq"].id, method="slice-2-5")
    at.selectbox(key="explore.slice up").set_value(8).run()
    assert at.query_params["method"] == "slice-2-9"
    at.selectbox(key="explore.slice up").set_value(1).run()
    assert at.query_params["method"] == "slice-9-2"
    assert at.button(key="explore.slice through").disabled
    send_chart_event(at, "map", 1, [7, 40, 203])
    at.button(key="explore.slice through").click().run()
    assert at.query_params["method"] == "slice-7-40-203"
    assert not at.exception


@pytest.mark.parametrize(
    "address",
    [
        {"method": "slice-1-99999"},
        {"method": "slice-1-2-9999999"},
        {"method": "slice-../../etc"},
        {"panel": "paths", "points": "5000000,7"},
        {"panel": "paths", "points": "1,2,<b>"},
        {"panel": "traversal", "origin": "5000000"},
        {"panel": "traversal", "moved": "99999:1"},
        {"panel": "traversal", "moved": "0:nan", "axis": "77"},
    ],
)
@pytest.mark.parametrize("run", ["vae", "vq"])
def test_any_address_opens(studio: Studio, run: str, address: dict[str, str]) -> None:
    at = studio.open("explore", run=studio.runs[run].id, **address)
    assert not at.error
    assert len(at.tabs) > 2


def test_a_run_of_two_latents_has_no_slices(studio: Studio) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id, method="slice-1-2")
    assert at.query_params["method"] == "latents"
    assert np.isin("Slice", [str(option) for option in at.button_group(key="explore.method").options]).sum() == 0
