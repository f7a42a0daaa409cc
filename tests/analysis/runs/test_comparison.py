"""Comparison of runs."""

import shutil
from pathlib import Path

import pytest

from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.analysis.runs.comparison import differing_settings, metrics_of, quick_map
from aeexplorer.training.config import RunConfig
from aeexplorer.training.run import Run


def test_only_differing_settings_are_listed() -> None:
    default = RunConfig(dataset="ds-000000000000")
    other = default.replace({"model.latent_dim": 3, "training.epochs": 7})
    vae = default.replace({"model.bottleneck.kind": "gaussian"})
    assert differing_settings([default, default]) == {}
    assert differing_settings([default, other]) == {"model.bottleneck.latent_dim": [16, 3], "training.epochs": [20, 7]}
    settings = differing_settings([default, other, vae])
    assert settings["model.bottleneck.kind"] == ["deterministic", "deterministic", "gaussian"]
    assert settings["model.bottleneck.beta"] == [None, None, 1.0]


def test_metrics_are_those_of_the_test_split_with_pca(trained) -> None:
    run = trained.runs["vae"]
    metrics = metrics_of(run)
    assert metrics.judgement.split == "test"
    assert (metrics.error, metrics.pca_error) == (run.metrics["test"]["mse"], run.metrics["pca"]["mse"])
    assert metrics.judgement.title == "ELBO, nats per sample"
    assert metrics.judgement.components == max(1, int(run.metrics["test"]["active_units"]))
    assert metrics.others["elbo"] == pytest.approx(run.metrics["test"]["elbo"])
    assert "kl_per_dimension" not in metrics.others


def test_quick_map_is_latents_or_pca(trained) -> None:
    assert quick_map(trained.runs["vae"]).method == "latents"
    assert quick_map(trained.runs["vq"]).method == "pca"


def test_quick_map_is_cached_umap(trained, tmp_path: Path) -> None:
    """A map stored under UMAP's name (here PCA's positions, which are faster to compute) is read from the run's folder."""
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    run = Run(tmp_path / "copy" / "runs" / trained.runs["vq"].id)
    shutil.rmtree(run.folder / "projections", ignore_errors=True)  # other tests leave maps there
    compute_projection(run, "pca")
    (stored,) = (run.folder / "projections").glob("pca-2d-*")
    shutil.copy(stored, stored.with_name(stored.name.replace("pca", "umap")))
    assert quick_map(run).method == "umap"
