import datetime

from aeexplorer.analysis.maps.projection import compute
from aeexplorer.analysis.runs.citation import changes, cite
from aeexplorer.core.version import __version__

DAY = datetime.date(2026, 11, 22)


def test_a_caption_names_data_settings_map_seeds_version_and_day(trained) -> None:
    run = trained.runs["vae"]
    found = cite(run, compute(run, "pca"), "hand", DAY, selected=12, address="https://somewhere/explore?run=x_y")
    for said in (
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
        assert said in found.text
    assert "learning_rate" not in found.text


def test_bibtex_is_escaped_but_for_the_address(trained) -> None:
    run = trained.runs["vae"]
    found = cite(run, compute(run, "pca"), "a_b & 5%", DAY, address="https://somewhere/?a_b=1").bibtex
    assert found.startswith(f"@misc{{{run.id},\n")
    assert r"coloured by a\_b \& 5\%" in found
    assert "url = {https://somewhere/?a_b=1}" in found
    assert "year = {2026}" in found
    assert found.count("{") == found.count("}")


def test_a_preset_with_nothing_changed_has_no_changes(trained) -> None:
    found = changes(trained.runs["ae"])
    assert set(found) == {"model.hidden", "model.network", "model.bottleneck.latent_dim", "training.epochs"} & set(found)
    assert found["training.epochs"] == 3
