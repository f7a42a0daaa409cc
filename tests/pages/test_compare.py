"""Tests of the page Compare through its script."""

from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from aeexplorer.analysis.maps.overlap import overlap_of_maps
from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.ui.session.selection import from_text, pack_ids
from tests.pages.studio import Studio


def compared(studio: Studio, **address: Any) -> AppTest:
    runs = ",".join(studio.runs[name].id for name in ("vae", "vq"))
    return studio.open("compare", **{"runs": runs} | address)


def table(at: AppTest, row: str) -> Any:
    """Return the table that has a row of this name."""
    return next(element.value for element in at.dataframe if row in element.value.index)


def test_an_empty_workspace_says_what_to_do(empty_studio: Studio) -> None:
    at = empty_studio.open("compare")
    assert [heading.value for heading in at.subheader] == ["Nothing to compare yet"]
    assert [button.key for button in at.button if button.key.startswith("compare.")] == ["compare.train"]


def test_two_runs_of_one_dataset_are_chosen_at_first(studio: Studio) -> None:
    at = studio.open("compare")
    assert set(str(at.query_params["runs"]).split(",")) == {studio.runs[name].id for name in ("vae", "vq")}


def test_metrics_are_compared_with_pca_and_only_differing_settings_are_listed(studio: Studio) -> None:
    at = compared(studio)
    figures = table(at, "PCA of the same size")
    for letter, name in (("A", "vae"), ("B", "vq")):
        metrics = studio.runs[name].metrics
        assert figures.loc["Mean squared error", letter] == f"{metrics['test']['mse']:.5f}"
        assert figures.loc["PCA of the same size", letter] == f"{metrics['pca']['mse']:.5f}"
    settings = table(at, "model.bottleneck.kind")
    assert settings.loc["model.bottleneck.kind"].tolist() == ["gaussian", "vector_quantized"]
    assert "training.epochs" not in settings.index


def test_a_selection_in_one_map_is_shared_by_all_maps_and_the_address(studio: Studio) -> None:
    at = compared(studio)
    at.session_state["compare-map-1"] = {"event": {"version": 3, "ids": pack_ids(np.array([4, 9], np.int32)), "click": None}}
    at.run()
    assert not at.exception
    found = from_text(str(at.query_params["selection"]), studio.runs["vae"].folder / "selections")
    assert found is not None
    assert found.tolist() == [4, 9]
    assert any("**2** selected" in text.value for text in at.markdown)
    again = compared(studio, selection=at.query_params["selection"])
    assert any("**2** selected" in text.value for text in again.markdown)
    again.button(key="compare.clear").click().run()
    assert "selection" not in again.query_params


def test_two_maps_of_one_run_are_side_by_side(studio: Studio) -> None:
    run = studio.runs["vae"]
    at = studio.open("compare", runs=run.id, methods="latents,pca", colour="neighbour overlap")
    assert [at.selectbox(key=f"compare.method {letter}").value for letter in "AB"] == ["latents", "pca"]
    found = overlap_of_maps(compute_projection(run, "latents"), compute_projection(run, "pca"))
    assert found.values.min() == 1.0
    at.session_state["compare-overlap"] = {"event": {"version": 3, "ids": pack_ids(np.array([4], np.int32)), "click": None}}
    at.run()
    assert any("**1** selected" in text.value for text in at.markdown)
    at.selectbox(key="compare.method B").set_value("latents").run()
    assert at.query_params["methods"] == "latents,latents"


def test_another_map_is_shown_while_the_requested_map_is_computed(studio: Studio) -> None:
    at = studio.open("compare", runs=studio.runs["vae"].id)
    assert at.query_params["methods"] == "latents,umap"
    assert not at.exception


def test_runs_can_be_compared_by_their_neighbours(studio: Studio) -> None:
    at = compared(studio, colour="neighbour overlap")
    at.session_state["compare-overlap"] = {"event": {"version": 3, "ids": pack_ids(np.array([4, 6], np.int32)), "click": None}}
    at.run()
    assert not at.exception
    assert any("**2** selected" in text.value for text in at.markdown)


def test_runs_can_be_cleared_and_chosen_again(studio: Studio) -> None:
    at = compared(studio)
    at.multiselect[0].set_value([]).run()
    assert not at.exception
    at.multiselect[0].set_value([studio.runs["vq"].id, studio.runs["vae"].id]).run()
    assert at.query_params["runs"] == f"{studio.runs['vq'].id},{studio.runs['vae'].id}"


def test_runs_of_another_dataset_are_left_out(studio: Studio) -> None:
    at = studio.open("compare", runs=",".join(studio.runs[name].id for name in ("vae", "ae", "vq")))
    assert at.query_params["runs"] == ",".join(studio.runs[name].id for name in ("vae", "vq"))


def test_several_chosen_runs_can_be_compared(studio: Studio) -> None:
    chosen = [studio.runs[name].id for name in ("vae", "vq")]
    at = studio.open("runs", several=",".join(chosen))
    at.button(key="runs.compare").click().run()
    assert not at.exception
    assert at.query_params["runs"].split(",") in (chosen, chosen[::-1])


def test_runs_of_different_datasets_cannot_be_compared(studio: Studio) -> None:
    at = studio.open("runs", several=f"{studio.runs['vae'].id},{studio.runs['ae'].id}")
    assert at.button(key="runs.compare").disabled
    assert any("different datasets" in text.value for text in at.markdown)
