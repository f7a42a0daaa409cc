"""Runs side by side."""

import shutil
from pathlib import Path

import pytest

from aeexplorer.analysis.maps.projection import compute
from aeexplorer.analysis.runs.comparison import cheap_map, differences, figures_of
from aeexplorer.training.config import RunConfig
from aeexplorer.training.run import Run


def test_only_settings_that_differ_are_named() -> None:
    plain = RunConfig(dataset="ds-000000000000")
    other = plain.replace({"model.latent_dim": 3, "training.epochs": 7})
    vae = plain.replace({"model.bottleneck.kind": "gaussian"})
    assert differences([plain, plain]) == {}
    assert differences([plain, other]) == {"model.bottleneck.latent_dim": [16, 3], "training.epochs": [20, 7]}
    found = differences([plain, other, vae])
    assert found["model.bottleneck.kind"] == ["deterministic", "deterministic", "gaussian"]
    assert found["model.bottleneck.beta"] == [None, None, 1.0]


def test_figures_are_those_of_the_test_split_with_pca_beside_them(trained) -> None:
    run = trained.runs["vae"]
    found = figures_of(run)
    assert (found.split, found.mse, found.pca) == ("test", run.metrics["test"]["mse"], run.metrics["pca"]["mse"])
    assert found.components == 2
    assert found.others["elbo"] == pytest.approx(run.metrics["test"]["elbo"])
    assert "kl_per_dimension" not in found.others


def test_the_map_is_one_that_need_not_be_waited_for(trained) -> None:
    assert cheap_map(trained.runs["vae"]).method == "latents"
    assert cheap_map(trained.runs["vq"]).method == "pca"


def test_umap_is_taken_where_it_was_made(trained, tmp_path: Path) -> None:
    """A map under UMAP's name (here PCA's positions, which cost less to make) is read from the run's folder."""
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    run = Run(tmp_path / "copy" / "runs" / trained.runs["vq"].id)
    compute(run, "pca")
    (made,) = (run.folder / "projections").glob("pca-2d-*")
    shutil.copy(made, made.with_name(made.name.replace("pca", "umap")))
    assert cheap_map(run).method == "umap"
