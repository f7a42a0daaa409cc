"""Projections: the contract of every method, the cache in the run folder, and conversion between positions and latents."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file
from sklearn.decomposition import PCA

from aeexplorer.analysis.maps import projection as projection_module
from aeexplorer.analysis.maps.projection import (
    Projection,
    available_methods,
    cached_projection,
    compute_projection,
    place_latents,
)
from aeexplorer.analysis.maps.projections import method_of, methods, umap
from aeexplorer.analysis.maps.projections.pca import MAX_EXACT_SIZE, project
from aeexplorer.analysis.neighbours import trustworthiness
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import write_json
from aeexplorer.training.run import Run

SAMPLES = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
COMPILED = ("umap_learn", "pacmap")
EVERY = [pytest.param(name, marks=pytest.mark.xdist_group("umap") if name in COMPILED else ()) for name in methods()]
QUICK = [name for name, method in methods().items() if method.quick]


@pytest.fixture
def own(trained, tmp_path: Path) -> Run:
    """A copy of the VAE's run, with its own folder of maps."""
    run = trained.runs["vae"]
    shutil.copytree(run.folder, tmp_path / "runs" / run.id, ignore=shutil.ignore_patterns("projections"))
    (tmp_path / "datasets").symlink_to(trained.workspace.datasets)
    return Run(tmp_path / "runs" / run.id)


@pytest.mark.parametrize("name", EVERY)
def test_equal_latents_give_equal_maps(name: str) -> None:
    method = method_of(name)
    latents = SAMPLES if method.fits(5, 2) else SAMPLES[:, :2]
    first, second = (method.project(latents, 2, 0) for _ in range(2))
    assert first.xy.shape == (60, 2)
    assert first.xy.dtype == np.float32
    assert np.isfinite(first.xy).all()
    assert np.array_equal(first.xy, second.xy)
    if first.plane is not None:
        assert first.plane[0] + first.xy @ first.plane[1:] == pytest.approx(latents, abs=3)
        assert (latents - first.plane[0]) @ first.plane[1:].T == pytest.approx(first.xy, abs=1e-4)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("n", [1, 3, 5, 12])
def test_maps_of_few_and_of_equal_samples(name: str, n: int) -> None:
    method = method_of(name)
    for latents in (SAMPLES[:n, :2], np.zeros((n, 2), np.float32)):
        if method.fits(2, 2):
            xy = method.project(latents, 2, 0).xy
            assert xy.shape == (n, 2)
            assert np.isfinite(xy).all()


def test_pca_agrees_with_scikit_learn() -> None:
    expected = PCA(3, svd_solver="full").fit(SAMPLES)
    layout = project(SAMPLES, 3, 0)
    assert layout.plane is not None
    assert np.abs(layout.plane[1:]) == pytest.approx(np.abs(expected.components_), abs=1e-5)
    assert np.abs(layout.xy) == pytest.approx(np.abs(expected.transform(SAMPLES)), abs=1e-4)
    assert (np.take_along_axis(layout.plane[1:], np.abs(layout.plane[1:]).argmax(1)[:, None], 1) > 0).all()


def test_randomised_pca_finds_the_plane() -> None:
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(80, 2)) * [9, 4]
    latents = (hidden @ rng.normal(size=(2, MAX_EXACT_SIZE + 1)) + 0.01 * rng.normal(size=(80, MAX_EXACT_SIZE + 1))).astype(
        np.float32
    )
    layout = project(latents, 2, 0)
    assert layout.plane is not None
    assert np.allclose(layout.plane[0] + layout.xy @ layout.plane[1:], latents, atol=0.1)


def test_pca_of_one_latent_has_an_empty_second_axis() -> None:
    layout = project(SAMPLES[:, :1], 2, 0)
    assert layout.xy[:, 0].std() > 0
    assert not layout.xy[:, 1].any()


def test_available_methods_fit_the_latents(trained) -> None:
    assert [m.name for m in available_methods(trained.runs["vae"], 2)] == [
        "latents",
        "pca",
        "umap",
        "pacmap",
        "tsne",
        "umap_learn",
    ]
    assert [m.name for m in available_methods(trained.runs["vq"], 2)] == ["pca", "umap", "pacmap", "tsne", "umap_learn"]
    assert [m.name for m in available_methods(trained.runs["vq"], 3)] == ["pca", "umap", "umap_learn"]


@pytest.mark.parametrize("name", QUICK)
def test_a_map_is_computed_once_and_cached(own: Run, name: str) -> None:
    assert cached_projection(own, name) is None
    projection = compute_projection(own, name)
    cached = cached_projection(own, name)
    assert cached is not None
    assert np.array_equal(cached.ids, np.arange(own.dataset.n))
    assert np.array_equal(cached.xy, projection.xy)
    assert cached.plane is not None
    assert np.array_equal(cached.plane, projection.plane)
    assert (cached.trustworthiness, cached.seed, cached.total) == (projection.trustworthiness, 0, own.dataset.n)
    assert (cached.continuity, cached.variance) == (projection.continuity, projection.variance)
    figures = f"trustworthiness {projection.trustworthiness:.2f}, continuity {projection.continuity:.2f}"
    assert cached.caption == f"showing all 400 · against the latents: {figures}"
    stamp = next((own.folder / "projections").iterdir()).stat().st_mtime_ns
    compute_projection(own, name)
    assert next((own.folder / "projections").iterdir()).stat().st_mtime_ns == stamp


def test_caption_gives_the_variance_and_the_caution(trained) -> None:
    projection = compute_projection(trained.runs["vq"], "pca")
    latents = trained.runs["vq"].latents(projection.ids)
    share = PCA(2, svd_solver="full").fit(latents).explained_variance_ratio_.sum()
    assert projection.variance == pytest.approx(share, abs=1e-3)
    assert projection.caption.endswith(f"continuity {projection.continuity:.2f} · {share:.0%} of the variance")
    assert projection.continuity == trustworthiness(projection.xy, latents)
    assert replace(projection, method="umap", variance=None).caption.endswith(
        " · distances between clusters, and their sizes, mean nothing"
    )


def test_maps_of_an_earlier_version_are_measured_again(own: Run) -> None:
    projection = compute_projection(own, "pca")
    (path,) = (own.folder / "projections").iterdir()
    with safe_open(path, "numpy") as file:
        info = json.loads(file.metadata()["info"])
        arrays = {name: file.get_tensor(name) for name in ("ids", "xy", "plane")}
    before = {name: value for name, value in info.items() if name not in ("continuity", "variance")}
    save_file(arrays, path, {"info": json.dumps(before)})
    for _ in range(2):
        cached = cached_projection(own, "pca")
        assert cached is not None
        assert (cached.continuity, cached.variance) == (projection.continuity, projection.variance)


def test_maps_with_different_limits_are_cached_side_by_side(own: Run) -> None:
    small, full = compute_projection(own, "pca", limit=50), compute_projection(own, "pca")
    assert (len(small.ids), len(full.ids)) == (50, 400)
    assert small.caption.startswith("showing 50 of 400")
    again = cached_projection(own, "pca", limit=50)
    assert again is not None
    assert np.array_equal(again.ids, small.ids)
    latents = own.latents(small.ids)
    assert small.plane is not None
    assert np.allclose((latents - small.plane[0]) @ small.plane[1:].T, small.xy, atol=1e-5)


def test_new_results_invalidate_maps(own: Run) -> None:
    compute_projection(own, "pca")
    write_json(own.folder / "metrics.json", {**own.metrics, "seconds": -1})
    assert cached_projection(Run(own.folder), "pca") is None


def test_a_damaged_map_is_computed_again(own: Run) -> None:
    compute_projection(own, "pca")
    path = next((own.folder / "projections").iterdir())
    path.write_bytes(path.read_bytes()[:100])
    assert cached_projection(own, "pca") is None
    assert len(compute_projection(own, "pca").ids) == 400


@pytest.mark.parametrize("change", ["ids", "xy", "plane", "info", "trust"])
def test_an_imported_map_that_does_not_fit_the_run_is_ignored(own: Run, change: str) -> None:
    projection = compute_projection(own, "pca")
    path = next((own.folder / "projections").iterdir())
    with safe_open(path, "numpy") as file:
        info = json.loads(file.metadata()["info"])
    arrays = {"ids": projection.ids, "xy": projection.xy, "plane": projection.plane}
    if change in arrays:
        arrays[change] = np.ascontiguousarray(arrays[change][1:])
    if change == "trust":
        info["trustworthiness"] = "<b>1</b>"
    save_file(arrays, path, {} if change == "info" else {"info": json.dumps(info)})
    assert cached_projection(own, "pca") is None


def test_positions_and_latents_of_a_plane_are_inverse(own: Run) -> None:
    projection = compute_projection(own, "pca")
    latents = own.latents(projection.ids[:7])
    assert place_latents(projection, own, latents) == pytest.approx(projection.xy[:7], abs=1e-4)
    assert projection.latents_at(projection.xy[:7]) == pytest.approx(latents, abs=1e-4)  # two latents: the plane is the space


def test_without_a_plane_the_latent_of_a_sample_gets_its_position(own: Run) -> None:
    projection = compute_projection(own, "tsne", limit=60)
    assert np.allclose(place_latents(projection, own, own.latents(projection.ids) + 1e-7), projection.xy)
    with pytest.raises(UserError, match="no latent"):
        projection.latents_at(projection.xy)


def test_partial_maps_are_reported(own: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(umap, "MIN_SAMPLES_FOR_LANDMARKS", 300)
    monkeypatch.setattr(umap, "LANDMARKS", 100)
    stages: list[Projection] = []
    projection = compute_projection(own, "umap", on_stage=stages.append)
    assert len(stages) == 4
    assert all(np.array_equal(stage.ids, projection.ids) and stage.trustworthiness is None for stage in stages)
    assert np.array_equal(stages[-1].xy, projection.xy)
    assert projection.trustworthiness is not None


def test_each_method_has_a_default_limit(own: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    limited = replace(method_of("pca"), max_samples=50)
    monkeypatch.setattr(projection_module, "method_of", lambda name: limited)
    assert len(compute_projection(own, "pca").ids) == 50
    assert cached_projection(own, "pca") is not None
    assert len(compute_projection(own, "pca", limit=400).ids) == 400


def test_the_default_limit_is_lower_for_large_latents(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trained.runs["vq"]
    size = run.latents(np.zeros(1, np.int32)).shape[1]
    assert projection_module.default_max_samples(run, "umap") == 100_000
    assert projection_module.default_max_samples(run, "tsne") == 10_000
    monkeypatch.setattr(projection_module, "MAX_LATENT_VALUES", 30_000 * size)
    assert projection_module.default_max_samples(run, "umap") == 30_000
    monkeypatch.setattr(projection_module, "MAX_LATENT_VALUES", size)
    assert projection_module.default_max_samples(run, "umap") == 10_000


def test_a_subset_keeps_the_positions(own: Run) -> None:
    projection = compute_projection(own, "pca")
    part = projection.subset(np.array([399, 7, 7, 11]))
    assert part.ids.tolist() == [7, 11, 399]
    assert np.array_equal(part.xy, projection.xy[[7, 11, 399]])


def test_impossible_projections_are_refused(own: Run) -> None:
    with pytest.raises(UserError, match="Choose one of latents, pacmap, pca, tsne, umap"):
        compute_projection(own, "nmap")
    with pytest.raises(UserError, match="2 or 3 dimensions, not 4"):
        compute_projection(own, "pca", 4)
    with pytest.raises(UserError, match="tsne makes no 3-dimensional map of 2 latents"):
        compute_projection(own, "tsne", 3)
    (own.folder / "metrics.json").unlink()
    with pytest.raises(UserError, match="no results yet"):
        compute_projection(own, "pca")
