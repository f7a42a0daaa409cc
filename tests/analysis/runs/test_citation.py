"""Citation of a map."""

import datetime

from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.analysis.runs.citation import changed_settings, cite
from aeexplorer.core.version import __version__

DAY = datetime.date(2026, 11, 22)


def test_caption_names_data_settings_map_seeds_version_and_date(trained) -> None:
    run = trained.runs["vae"]
    citation = cite(run, compute_projection(run, "pca"), "hand", DAY, selected=12, address="https://somewhere/explore?run=x_y")
    for part in (
        f"digits ({run.dataset.id}), 400 samples",
        "a VAE (preset vae), ",
        "model.bottleneck.latent_dim = 2",
        "training.epochs = 3",
        f"seed 0 ({run.id})",
        "PCA, 2-D, seed 0, showing all 400",
        "trustworthiness",
        "coloured by hand, 12 samples selected",
        f"aeexplorer {__version__}, 2026-11-22",
        "https://somewhere/explore?run=x_y",
    ):
        assert part in citation.text
    assert "learning_rate" not in citation.text


def test_bibtex_is_escaped_except_for_the_address(trained) -> None:
    run = trained.runs["vae"]
    bibtex = cite(run, compute_projection(run, "pca"), "a_b & 5%", DAY, address="https://somewhere/?a_b=1").bibtex
    assert bibtex.startswith(f"@misc{{{run.id},\n")
    assert r"coloured by a\_b \& 5\%" in bibtex
    assert "url = {https://somewhere/?a_b=1}" in bibtex
    assert "year = {2026}" in bibtex
    assert bibtex.count("{") == bibtex.count("}")


def test_changed_settings_are_those_that_differ_from_the_preset(trained) -> None:
    settings = changed_settings(trained.runs["ae"])
    network = {"model.hidden", "model.network", "model.bottleneck.latent_dim"}
    assert set(settings) == (network | {"training.epochs", "training.patience"}) & set(settings)
    assert settings["training.epochs"] == 3
