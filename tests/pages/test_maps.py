"""Maps that are being made, maps of some of the samples, and latents that need no map."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from aeexplorer.analysis.cache import cache_arrays, results_digest
from aeexplorer.analysis.maps import all_positions as everywhere
from aeexplorer.analysis.maps import projection as module
from aeexplorer.analysis.maps.all_positions import all_positions_job, compute_all_positions
from aeexplorer.analysis.maps.clusters import find_clusters
from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.background.process import BackgroundProcess
from aeexplorer.jobs import train
from aeexplorer.public import new_run
from aeexplorer.ui.session.selection import from_text
from aeexplorer.ui.shell import background
from aeexplorer.views.maps.underlays import outlines_overlay
from tests.pages.studio import Studio


def captions(at: object) -> str:
    return " ".join(str(one.value) for kind in ("caption", "markdown") for one in getattr(at, kind))


def test_a_rough_map_is_shown_while_the_final_one_is_made(studio: Studio) -> None:
    run = studio.runs["vq"]
    background.connect(BackgroundProcess(studio.workspace))  # takes requests; nothing works them off
    ids = np.arange(run.dataset.n, dtype=np.int32)
    xy = np.random.default_rng(0).normal(size=(len(ids), 2)).astype(np.float32)
    try:
        at = studio.open("explore", run=run.id, method="umap")
        assert "This is PCA; UMAP is being made." in captions(at)
        cache_arrays(run, "rough/umap-2d.safetensors", {"ids": ids, "xy": xy}, results_digest(run))
        at.run()
        assert "UMAP is being refined." in captions(at)
        compute_projection(run, "umap")
        at.run()
        assert "rough" not in captions(at)
        assert "This is PCA" not in captions(at)
    finally:
        background.connect(None)


def test_all_samples_can_be_brought_into_a_map_of_some(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    run = studio.runs["vq"]
    monkeypatch.setattr(module, "method_of", lambda name: replace(method_of(name), max_samples=100))
    made = compute_projection(run, "umap")
    assert len(made.ids) == 100
    at = studio.open("explore", run=run.id, method="umap")
    assert "Places of all samples" in captions(at)
    compute_all_positions(run, all_positions_job(made).partition(" ")[2])
    at.run()
    assert "Places of all samples" not in captions(at)
    absent = int(np.setdiff1d(run.dataset.ids(), made.ids)[0])
    placed = everywhere.all_positions(run, made)
    assert placed is not None
    at = studio.open("explore", run=run.id, method="umap", like=absent, selection=str(absent))
    assert not at.error


def test_a_click_on_the_name_of_a_cluster_selects_its_samples(studio: Studio, done_in_chart: Callable[..., None]) -> None:
    run = studio.runs["vae"]
    made = compute_projection(run, "pca")
    found = find_clusters(run, made)
    smallest, note = found[-1], outlines_overlay(found).annotations[-1]
    at = studio.open("explore", run=run.id, method="pca")
    done_in_chart(at, "map", 4, [], x=note["x"], y=note["y"])
    assert "selection" not in at.query_params  # the layer is off
    at = studio.open("explore", run=run.id, method="pca", layers="clusters")
    done_in_chart(at, "map", 4, [], x=float(made.xy[:, 0].max()) + 9, y=0)
    assert "selection" not in at.query_params
    done_in_chart(at, "map", 5, [], x=note["x"], y=note["y"])
    ids = from_text(at.query_params["selection"], run.folder / "selections")
    assert ids is not None
    assert ids.tolist() == smallest.ids.tolist()


def test_three_latents_are_shown_as_they_are(studio: Studio) -> None:
    quick = {"model.latent_dim": 3, "model.hidden": 8, "training.epochs": 1}
    run = new_run(studio.workspace, studio.runs["ae"].dataset, "dense-ae", quick)
    train(run)
    at = studio.open("explore", run=run.id)
    assert (at.query_params["method"], at.query_params["dims"]) == ("latents", "3")
    at = studio.open("explore", run=run.id, method="pca", dims=2)
    assert at.query_params["method"] == "pca"
    assert "dims" not in at.query_params
