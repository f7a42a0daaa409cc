"""Explore through its script: what is shown belongs to what is selected, whatever way it was selected."""

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
    """Ids in the table beside the reconstructions."""
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


def test_the_first_screen_shows_a_run_and_names_it_in_the_address(studio: Studio) -> None:
    at = studio.open("explore")
    assert at.query_params["run"] in {run.id for run in studio.runs.values()}
    assert "All samples" in texts(at)
    assert at.get("imgs") or at.dataframe


@pytest.mark.parametrize("run", ["vae", "vq", "ae"])
def test_every_panel_of_every_kind_of_run_draws(studio: Studio, run: str) -> None:
    panels = [tab.label for tab in studio.open("explore", run=studio.runs[run].id, method="pca", panel="metrics").tabs]
    assert ("Codebook" in panels) == (run == "vq")
    assert ("Dimensions" in panels) == (run != "vq")
    for name in ("reconstructions", "paths", "codebook", "dimensions"):
        studio.open("explore", run=studio.runs[run].id, method="pca", panel=name, points="3,9", code=1)


def test_a_lasso_shows_the_reconstructions_of_exactly_those_samples(studio: Studio, done_in_chart: Callable[..., None]) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id)
    chosen = [7, 40, 41, 203]
    done_in_chart(at, "map", 1, chosen)
    assert sorted(shown_ids(at)) == chosen
    assert selected(at, studio, "vae") == chosen
    assert "**4** of 400 selected" in texts(at)


def test_the_selection_survives_a_reload_a_recolouring_and_another_projection(
    studio: Studio, done_in_chart: Callable[..., None]
) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id)
    done_in_chart(at, "map", 1, [5, 300])
    at.selectbox(key="explore.colour").set_value("ink").run()
    at.button_group(key="explore.method").set_value("pca").run()
    again = studio.open("explore", **{name: str(at.query_params[name]) for name in ("run", "method", "colour", "selection")})
    assert sorted(shown_ids(again)) == [5, 300]
    assert again.selectbox(key="explore.colour").value == "ink"


def test_the_newer_of_two_selections_stands(studio: Studio, done_in_chart: Callable[..., None]) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id)
    done_in_chart(at, "map", 5, [1, 2])
    done_in_chart(at, "errors", 9, [30, 31, 32])
    assert selected(at, studio, "vae") == [30, 31, 32]
    at.button(key="explore.clear").click().run()
    assert "selection" not in at.query_params


def test_a_click_on_the_map_means_nothing_to_other_panels(studio: Studio, done_in_chart: Callable[..., None]) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id, panel="dimensions")
    done_in_chart(at, "map", 1, id=12)
    assert "points" not in at.query_params


def test_a_click_on_a_bar_opens_that_code(studio: Studio, done_in_chart: Callable[..., None]) -> None:
    run = studio.runs["vq"]
    at = studio.open("explore", run=run.id, panel="codebook", method="pca")
    ids = sample_ids(run.dataset)
    code = int(usage(run, ids).order[4])
    assert run.codes is not None
    using = np.flatnonzero((run.codes == code).any(1))
    done_in_chart(at, "codes", 1, using, group=4)
    assert at.query_params["code"] == str(code)
    assert selected(at, studio, "vq") == using.tolist()
    assert f"{len(using):,} samples use it" in texts(at)


def test_naming_a_code_lights_its_samples_up(studio: Studio) -> None:
    run = studio.runs["vq"]
    at = studio.open("explore", run=run.id, panel="codebook", method="pca")
    assert run.codes is not None
    code = int(run.codes[0, 0])
    at.number_input(key="explore.code").set_value(code).run()
    assert selected(at, studio, "vq") == np.flatnonzero((run.codes == code).any(1)).tolist()


def test_a_slow_map_without_its_process_falls_back_and_says_so(studio: Studio) -> None:
    at = studio.open("explore", run=studio.runs["vq"].id, method="umap")
    assert "This is PCA" in texts(at)


@pytest.mark.parametrize(
    "address",
    [
        {"run": "run-ffffffffffff"},
        {"run": "../../etc"},
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


def test_another_run_on_other_data_starts_without_a_selection(studio: Studio, done_in_chart: Callable[..., None]) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id)
    done_in_chart(at, "map", 1, [5, 300])
    at.selectbox(key="explore.run").set_value(studio.runs["vq"].id).run()
    assert selected(at, studio, "vq") == [5, 300]
    at.selectbox(key="explore.run").set_value(studio.runs["ae"].id).run()
    assert "selection" not in at.query_params
