"""Sharing from Explore: the link, the caption and the downloads."""

from aeexplorer.core.version import __version__
from tests.pages.studio import Studio


def test_nothing_is_drawn_until_the_popover_is_open(studio: Studio) -> None:
    at = studio.open("explore", run=studio.runs["vae"].id)
    assert not at.get("download_button")


def test_the_caption_describes_the_page(studio: Studio) -> None:
    run = studio.runs["vae"]
    at = studio.open("explore", run=run.id, method="pca", colour="ink")
    at.session_state["explore.share"] = True
    at.run()
    assert not at.exception
    (caption,) = [text.value for text in at.text if "Data:" in text.value]
    assert f"{run.dataset.name} ({run.dataset.id}), 400 samples" in caption
    assert "PCA, 2-D" in caption
    assert "coloured by ink" in caption
    assert f"aeexplorer {__version__}" in caption
    assert {button.proto.label for button in at.get("download_button")} >= {"Offline page", "BibTeX", "CSV", "Parquet"}


def test_an_address_without_a_run_sets_the_map_of_the_newest_run(studio: Studio) -> None:
    at = studio.open("explore", method="pca", dims=3, colour="split")
    assert (at.query_params["method"], at.query_params["dims"], at.query_params["colour"]) == ("pca", "3", "split")
