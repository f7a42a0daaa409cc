"""Finding samples in Explore by words, groups, conditions, tags and columns."""

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from aeexplorer.analysis.samples.errors import outliers
from aeexplorer.analysis.samples.filtering import Condition, Filter, matching_samples
from aeexplorer.analysis.samples.tags import save_tag, tags_of
from aeexplorer.ui.session.selection import from_text
from tests.pages.studio import Studio


def selected(at: AppTest, studio: Studio, run: str = "vae") -> list[int]:
    ids = from_text(str(at.query_params.get("selection", "")), studio.runs[run].folder / "selections")
    assert ids is not None
    return ids.tolist()


def opened(studio: Studio, popover: str, **address: Any) -> AppTest:
    """Open Explore with the popover of this key open."""
    at = studio.open("explore", **({"run": studio.runs["vae"].id, "method": "latents"} | address))
    at.session_state[f"explore.{popover}"] = True
    at.run()
    assert not at.exception
    return at


def test_words_select_matching_samples_and_are_in_the_address(studio: Studio) -> None:
    run = studio.runs["vae"]
    at = studio.open("explore", run=run.id)
    at.text_input(key="explore.find").set_value("label:3 left").run()
    expected = matching_samples(run, Filter((Condition("label", "is", "3"), Condition("hand", "is", "left"))))
    assert selected(at, studio) == expected.tolist()
    assert at.query_params["find"] == "label:3 left"


def test_words_without_a_match_keep_the_selection(studio: Studio) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id)
    at.text_input(key="explore.find").set_value("#7").run()
    at.text_input(key="explore.find").set_value("<b>nowhere</b>").run()
    assert selected(at, studio) == [7]
    assert "nowhere" in at.toast[0].value


def test_a_group_selects_its_samples(studio: Studio) -> None:
    run = studio.runs["vae"]
    at = opened(studio, "filter list")
    at.selectbox(key="explore.lit").set_value("label 3").run()
    assert selected(at, studio) == np.flatnonzero(run.dataset.labels == 3).tolist()
    assert set(at.dataframe[-1].value["label"]) == {"3"}
    at.selectbox(key="explore.lit").set_value("hand left").run()
    assert selected(at, studio) == list(range(0, 400, 5))
    at.selectbox(key="explore.lit").set_value("high errors").run()
    assert selected(at, studio) == sorted(outliers(np.asarray(run.errors), run.dataset.ids()).tolist())


def test_conditions_are_built_counted_and_selected(studio: Studio) -> None:
    at = opened(studio, "filter list")
    at.button(key="explore.filter.add").click().run()
    at.selectbox(key="explore.filter.0.column").set_value("hand").run()
    at.selectbox(key="explore.filter.0.value").set_value("left").run()
    at.button(key="explore.filter.add").click().run()
    at.selectbox(key="explore.filter.1.column").set_value("ink").run()
    at.selectbox(key="explore.filter.1.operator").set_value("lt").run()
    at.text_input(key="explore.filter.1.value").set_value("75").run()
    expected = Filter((Condition("hand", "is", "left"), Condition("ink", "lt", "75")))
    assert at.query_params["filter"] == expected.text
    ids = matching_samples(studio.runs["vae"], expected).tolist()
    assert at.button(key="explore.filter.go").label == f"Select {len(ids):,} samples"
    at.button(key="explore.filter.go").click().run()
    assert selected(at, studio) == ids
    at.button_group(key="explore.filter.any").set_value("any").run()
    at.button(key="explore.filter.go").click().run()
    assert selected(at, studio) == matching_samples(studio.runs["vae"], Filter(expected.conditions, any=True)).tolist()
    at.button(key="explore.filter.0.off").click().run()
    assert at.query_params["filter"] == Filter(expected.conditions[1:], any=True).text


@pytest.mark.parametrize(
    "text", ['{"all":[["gone","is","7"]]}', '{"all":[["ink","__class__"]]}', "{", '{"all":[["ink","lt","many"]]}']
)
def test_a_filter_that_does_not_fit_the_run_is_ignored(studio: Studio, text: str) -> None:
    at = opened(studio, "filter list", filter=text)
    assert not [button for button in at.button if button.key == "explore.filter.go"]


def test_a_tag_is_saved_coloured_renamed_removed_and_restored(studio: Studio) -> None:
    run = studio.runs["vae"]
    at = studio.open("explore", run=run.id, method="latents")
    at.text_input(key="explore.find").set_value("label:3").run()
    at.session_state["explore.tags"] = True
    at.run()
    at.text_input(key="explore.tag name").set_value("threes <3")
    next(button for button in at.button if button.label == "Save").click().run()
    threes = np.flatnonzero(run.dataset.labels == 3).tolist()
    assert tags_of(run)["threes <3"].tolist() == threes

    at.button(key="explore.tag.0.colour").click().run()
    assert at.query_params["colour"] == "tag: threes <3"
    at.button(key="explore.tag.0.edit").click().run()
    at.text_input(key="explore.tag.0.name").set_value("trios").run()
    assert list(tags_of(run)) == ["trios"]
    assert at.query_params["colour"] == "tag: trios"
    at.button(key="explore.tag.0.remove").click().run()
    assert not at.exception
    assert tags_of(run) == {}
    at.button(key="explore.tag.undo").click().run()
    assert tags_of(run)["trios"].tolist() == threes


def test_a_taken_name_is_refused_with_a_message(studio: Studio) -> None:
    save_tag(studio.runs["vae"], "odd", np.array([1, 2]))
    at = studio.open("explore", run=studio.runs["vae"].id)
    at.text_input(key="explore.find").set_value("#7").run()
    at.session_state["explore.tags"] = True
    at.run()
    at.text_input(key="explore.tag name").set_value("odd")
    next(button for button in at.button if button.label == "Save").click().run()
    assert "already" in at.error[0].value
    at.button(key="explore.tag.0").click().run()
    assert selected(at, studio) == [1, 2]


def test_columns_are_charts_whose_bars_select(studio: Studio, send_chart_event: Any) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id, method="latents", panel="columns")
    assert at.multiselect[0].value == ["label", "split", "error"]
    at.multiselect[0].set_value(["hand", "ink"]).run()
    assert at.query_params["columns"] == '["hand","ink"]'
    place = at.multiselect[0].options.index("hand")
    send_chart_event(at, f"column-{place}", 9, [0, 5, 10], group=0)
    assert selected(at, studio) == [0, 5, 10]


@pytest.mark.parametrize("run", ["vq", "ae"])
def test_every_kind_of_run_has_columns(studio: Studio, run: str) -> None:
    at = studio.open("explore", run=studio.runs[run].id, method="pca", panel="columns")
    at.multiselect[0].set_value(at.multiselect[0].options[:6]).run()
    assert not at.exception


def test_which_reconstructions_are_shown_is_in_the_address(studio: Studio) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id, method="latents")
    at.button_group(key="explore.which").set_value("worst").run()
    assert at.query_params["which"] == "worst"
    reloaded = studio.open("explore", run=studio.runs["vae"].id, which="best")
    assert reloaded.button_group(key="explore.which").value == "best"
