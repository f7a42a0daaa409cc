"""Maps that are being computed, maps of some of the samples, and latents that need no projection."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from aeexplorer.analysis.cache import cache_arrays, results_digest
from aeexplorer.analysis.maps import all_positions as all_positions_module
from aeexplorer.analysis.maps import projection as projection_module
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
    return " ".join(str(element.value) for kind in ("caption", "markdown") for element in getattr(at, kind))


def test_a_partial_map_is_shown_while_the_map_is_computed(studio: Studio) -> None:
    run = studio.runs["vq"]
    background.connect(BackgroundProcess(studio.workspace))  # takes requests, but never runs them
    ids = np.arange(run.dataset.n, dtype=np.int32)
    xy = np.random.default_rng(0).normal(size=(len(ids), 2)).astype(np.float32)
    try:
        at = studio.open("explore", run=run.id, method="umap")
        assert "This is PCA; UMAP is being computed." in captions(at)
        cache_arrays(run, "rough/umap-2d.safetensors", {"ids": ids, "xy": xy}, results_digest(run))
        at.run()
        assert "UMAP is being refined." in captions(at)
        compute_projection(run, "umap")
        at.run()
        assert "partial" not in captions(at)
        assert "This is PCA" not in captions(at)
    finally:
        background.connect(None)


def test_all_samples_can_be_placed_on_a_map_of_some_samples(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    run = studio.runs["vq"]
    monkeypatch.setattr(projection_module, "method_of", lambda name: replace(method_of(name), max_samples=100))
    projection = compute_projection(run, "umap")
    assert len(projection.ids) == 100
    at = studio.open("explore", run=run.id, method="umap")
    assert "Positions of all samples" in captions(at)
    compute_all_positions(run, all_positions_job(projection).partition(" ")[2])
    at.run()
    assert "Positions of all samples" not in captions(at)
    missing = int(np.setdiff1d(run.dataset.ids(), projection.ids)[0])
    assert all_positions_module.all_positions(run, projection) is not None
    at = studio.open("explore", run=run.id, method="umap", like=missing, selection=str(missing))
    assert not at.error


def test_a_click_on_the_name_of_a_cluster_selects_its_samples(studio: Studio, send_chart_event: Callable[..., None]) -> None:
    run = studio.runs["vae"]
    projection = compute_projection(run, "pca")
    clusters = find_clusters(run, projection)
    smallest, note = clusters[-1], outlines_overlay(clusters).annotations[-1]
    at = studio.open("explore", run=run.id, method="pca")
    send_chart_event(at, "map", 4, [], x=note["x"], y=note["y"])
    assert "selection" not in at.query_params  # the layer is off
    at = studio.open("explore", run=run.id, method="pca", layers="clusters")
    send_chart_event(at, "map", 4, [], x=float(projection.xy[:, 0].max()) + 9, y=0)
    assert "selection" not in at.query_params
    send_chart_event(at, "map", 5, [], x=note["x"], y=note["y"])
    ids = from_text(at.query_params["selection"], run.folder / "selections")
    assert ids is not None
    assert ids.tolist() == smallest.ids.tolist()


def test_three_latents_are_shown_without_a_projection(studio: Studio) -> None:
    quick = {"model.latent_dim": 3, "model.hidden": 8, "training.epochs": 1}
    run = new_run(studio.workspace, studio.runs["ae"].dataset, "dense-ae", quick)
    train(run)
    at = studio.open("explore", run=run.id)
    assert (at.query_params["method"], at.query_params["dims"]) == ("latents", "3")
    at = studio.open("explore", run=run.id, method="pca", dims=2)
    assert at.query_params["method"] == "pca"
    assert "dims" not in at.query_params
