"""The page Explore: selections, panels, runs and addresses."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from aeexplorer.analysis.codes.codebook import usage
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.ui.session.selection import from_text
from tests.pages.studio import Studio


def texts(at: AppTest) -> str:
    return "\n".join(element.value for element in [*at.markdown, *at.caption, *at.text])


def shown_ids(at: AppTest) -> list[int]:
    """Return the ids in the table below the reconstructions."""
    return at.dataframe[-1].value["id"].tolist()


def selected(at: AppTest, studio: Studio, run: str) -> list[int]:
    text = at.query_params.get("selection", "")
    ids = from_text(str(text), studio.runs[run].folder / "selections")
    assert ids is not None
    return ids.tolist()


def test_an_empty_workspace_says_what_to_do(empty_studio: Studio) -> None:
    at = empty_studio.open("explore")
    assert [heading.value for heading in at.subheader] == ["Nothing to explore yet"]
    assert [button.key for button in at.button if button.key.startswith("explore.")] == ["explore.data", "explore.train"]


def test_the_page_opens_with_a_run_that_is_in_the_address(studio: Studio) -> None:
    at = studio.open("explore")
    assert at.query_params["run"] in {run.id for run in studio.runs.values()}
    assert "All samples" in texts(at)
    assert at.get("imgs") or at.dataframe


@pytest.mark.parametrize("run", ["vae", "vq", "ae"])
def test_panels_of_every_kind_of_run_draw(studio: Studio, run: str) -> None:
    panels = [tab.label for tab in studio.open("explore", run=studio.runs[run].id, method="pca", panel="metrics").tabs]
    assert ("Codebook" in panels) == (run == "vq")
    assert ("Dimensions" in panels) == (run != "vq")
    for name in ("reconstructions", "paths", "codebook", "dimensions"):
        studio.open("explore", run=studio.runs[run].id, method="pca", panel=name, points="3,9", code=1)


def test_a_lasso_shows_the_reconstructions_of_exactly_those_samples(
    studio: Studio, send_chart_event: Callable[..., None]
) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id)
    chosen = [7, 40, 41, 203]
    send_chart_event(at, "map", 1, chosen)
    assert sorted(shown_ids(at)) == chosen
    assert selected(at, studio, "vae") == chosen
    assert "**4** of 400 selected" in texts(at)


def test_the_selection_survives_a_reload_a_recolouring_and_another_projection(
    studio: Studio, send_chart_event: Callable[..., None]
) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id)
    send_chart_event(at, "map", 1, [5, 300])
    at.selectbox(key="explore.colour").set_value("ink").run()
    at.button_group(key="explore.method").set_value("pca").run()
    reloaded = studio.open("explore", **{name: str(at.query_params[name]) for name in ("run", "method", "colour", "selection")})
    assert sorted(shown_ids(reloaded)) == [5, 300]
    assert reloaded.selectbox(key="explore.colour").value == "ink"


def test_the_newer_of_two_selections_is_valid(studio: Studio, send_chart_event: Callable[..., None]) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id)
    send_chart_event(at, "map", 5, [1, 2])
    send_chart_event(at, "errors", 9, [30, 31, 32])
    assert selected(at, studio, "vae") == [30, 31, 32]
    at.button(key="explore.clear").click().run()
    assert "selection" not in at.query_params


def test_panels_without_clicks_ignore_a_click_on_the_map(studio: Studio, send_chart_event: Callable[..., None]) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id, panel="dimensions")
    send_chart_event(at, "map", 1, id=12)
    assert "points" not in at.query_params


def test_a_click_on_a_bar_opens_that_code(studio: Studio, send_chart_event: Callable[..., None]) -> None:
    run = studio.runs["vq"]
    at = studio.open("explore", run=run.id, panel="codebook", method="pca")
    ids = sample_ids(run.dataset)
    code = int(usage(run, ids).order[4])
    assert run.codes is not None
    using = np.flatnonzero((run.codes == code).any(1))
    send_chart_event(at, "codes", 1, using, group=4)
    assert at.query_params["code"] == str(code)
    assert selected(at, studio, "vq") == using.tolist()
    assert f"{len(using):,} samples use it" in texts(at)


def test_choosing_a_code_selects_its_samples(studio: Studio) -> None:
    run = studio.runs["vq"]
    at = studio.open("explore", run=run.id, panel="codebook", method="pca")
    assert run.codes is not None
    code = int(run.codes[0, 0])
    at.number_input(key="explore.code").set_value(code).run()
    assert selected(at, studio, "vq") == np.flatnonzero((run.codes == code).any(1)).tolist()


def test_without_a_background_process_a_slow_map_falls_back_with_a_note(studio: Studio) -> None:
    at = studio.open("explore", run=studio.runs["vq"].id, method="umap")
    assert "This is PCA" in texts(at)


@pytest.mark.parametrize(
    "address",
    [
        {"method": "magic", "dims": "9", "colour": "nothing"},
        {"panel": "codebook", "code": "99999999"},
        {"selection": "s-0123456789abcdef"},
        {"selection": "<script>"},
    ],
)
def test_any_address_opens(studio: Studio, address: dict[str, Any]) -> None:
    at = studio.open("explore", **({"run": studio.runs["vq"].id} | address))
    assert not at.error
    assert len(at.tabs) > 2


def test_a_run_of_another_dataset_starts_without_a_selection(studio: Studio, send_chart_event: Callable[..., None]) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id)
    send_chart_event(at, "map", 1, [5, 300])
    at.selectbox(key="explore.run").set_value(studio.runs["vq"].id).run()
    assert selected(at, studio, "vq") == [5, 300]
    at.selectbox(key="explore.run").set_value(studio.runs["ae"].id).run()
    assert "selection" not in at.query_params
