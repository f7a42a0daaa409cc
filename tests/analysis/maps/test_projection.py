"""Maps: every method's contract, what is kept in the run's folder, and the way between positions and latents."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file
from sklearn.decomposition import PCA

from aeexplorer.analysis.maps import projection as module
from aeexplorer.analysis.maps.projection import Projection, compute, offered_methods, place, projection
from aeexplorer.analysis.maps.projections import method_of, methods, umap
from aeexplorer.analysis.maps.projections.pca import EXACT, project
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
def test_the_same_latents_give_the_same_map(name: str) -> None:
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
def test_few_and_equal_samples_have_a_map_too(name: str, n: int) -> None:
    method = method_of(name)
    for latents in (SAMPLES[:n, :2], np.zeros((n, 2), np.float32)):
        if method.fits(2, 2):
            xy = method.project(latents, 2, 0).xy
            assert xy.shape == (n, 2)
            assert np.isfinite(xy).all()


def test_pca_is_that_of_scikit_learn() -> None:
    expected = PCA(3, svd_solver="full").fit(SAMPLES)
    layout = project(SAMPLES, 3, 0)
    assert layout.plane is not None
    assert np.abs(layout.plane[1:]) == pytest.approx(np.abs(expected.components_), abs=1e-5)
    assert np.abs(layout.xy) == pytest.approx(np.abs(expected.transform(SAMPLES)), abs=1e-4)
    assert (np.take_along_axis(layout.plane[1:], np.abs(layout.plane[1:]).argmax(1)[:, None], 1) > 0).all()


def test_pca_of_long_latents_finds_the_same_plane() -> None:
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(80, 2)) * [9, 4]
    latents = (hidden @ rng.normal(size=(2, EXACT + 1)) + 0.01 * rng.normal(size=(80, EXACT + 1))).astype(np.float32)
    layout = project(latents, 2, 0)
    assert layout.plane is not None
    assert np.allclose(layout.plane[0] + layout.xy @ layout.plane[1:], latents, atol=0.1)


def test_one_latent_makes_a_map_whose_second_axis_is_empty() -> None:
    layout = project(SAMPLES[:, :1], 2, 0)
    assert layout.xy[:, 0].std() > 0
    assert not layout.xy[:, 1].any()


def test_offered_are_the_methods_that_fit(trained) -> None:
    assert [m.name for m in offered_methods(trained.runs["vae"], 2)] == [
        "latents",
        "pca",
        "umap",
        "pacmap",
        "tsne",
        "umap_learn",
    ]
    assert [m.name for m in offered_methods(trained.runs["vq"], 2)] == ["pca", "umap", "pacmap", "tsne", "umap_learn"]
    assert [m.name for m in offered_methods(trained.runs["vq"], 3)] == ["pca", "umap", "umap_learn"]


@pytest.mark.parametrize("name", QUICK)
def test_a_map_is_made_once_and_read_back_as_it_was(own: Run, name: str) -> None:
    assert projection(own, name) is None
    made = compute(own, name)
    read = projection(own, name)
    assert read is not None
    assert np.array_equal(read.ids, np.arange(own.dataset.n))
    assert np.array_equal(read.xy, made.xy)
    assert read.plane is not None
    assert np.array_equal(read.plane, made.plane)
    assert (read.trustworthiness, read.seed, read.total) == (made.trustworthiness, 0, own.dataset.n)
    assert (read.continuity, read.variance) == (made.continuity, made.variance)
    figures = f"trustworthiness {made.trustworthiness:.2f} · continuity {made.continuity:.2f}"
    assert read.caption == f"showing all 400 · {figures}"
    stamp = next((own.folder / "projections").iterdir()).stat().st_mtime_ns
    compute(own, name)
    assert next((own.folder / "projections").iterdir()).stat().st_mtime_ns == stamp


def test_the_caption_says_what_a_plane_keeps_and_what_to_read_into_no_map(trained) -> None:
    made = compute(trained.runs["vq"], "pca")
    latents = trained.runs["vq"].latents(made.ids)
    kept = PCA(2, svd_solver="full").fit(latents).explained_variance_ratio_.sum()
    assert made.variance == pytest.approx(kept, abs=1e-3)
    assert made.caption.endswith(f"continuity {made.continuity:.2f} · {kept:.0%} of the variance")
    assert made.continuity == trustworthiness(made.xy, latents)
    assert replace(made, method="umap", variance=None).caption.endswith(
        " · distances between clusters, and their sizes, mean nothing"
    )


def test_a_map_of_an_earlier_version_is_measured_anew(own: Run) -> None:
    made = compute(own, "pca")
    (path,) = (own.folder / "projections").iterdir()
    with safe_open(path, "numpy") as stored:
        info = json.loads(stored.metadata()["info"])
        arrays = {name: stored.get_tensor(name) for name in ("ids", "xy", "plane")}
    before = {name: value for name, value in info.items() if name not in ("continuity", "variance")}
    save_file(arrays, path, {"info": json.dumps(before)})
    for _ in range(2):
        found = projection(own, "pca")
        assert found is not None
        assert (found.continuity, found.variance) == (made.continuity, made.variance)


def test_maps_of_fewer_samples_lie_beside_one_another(own: Run) -> None:
    few, every = compute(own, "pca", limit=50), compute(own, "pca")
    assert (len(few.ids), len(every.ids)) == (50, 400)
    assert few.caption.startswith("showing 50 of 400")
    again = projection(own, "pca", limit=50)
    assert again is not None
    assert np.array_equal(again.ids, few.ids)
    latents = own.latents(few.ids)
    assert few.plane is not None
    assert np.allclose((latents - few.plane[0]) @ few.plane[1:].T, few.xy, atol=1e-5)


def test_new_results_make_old_maps_void(own: Run) -> None:
    compute(own, "pca")
    write_json(own.folder / "metrics.json", {**own.metrics, "seconds": -1})
    assert projection(Run(own.folder), "pca") is None


def test_a_damaged_map_is_made_anew(own: Run) -> None:
    compute(own, "pca")
    path = next((own.folder / "projections").iterdir())
    path.write_bytes(path.read_bytes()[:100])
    assert projection(own, "pca") is None
    assert len(compute(own, "pca").ids) == 400


@pytest.mark.parametrize("change", ["ids", "xy", "plane", "info", "trust"])
def test_a_map_that_came_with_a_run_and_does_not_fit_it_is_none(own: Run, change: str) -> None:
    made = compute(own, "pca")
    path = next((own.folder / "projections").iterdir())
    with safe_open(path, "numpy") as stored:
        info = json.loads(stored.metadata()["info"])
    arrays = {"ids": made.ids, "xy": made.xy, "plane": made.plane}
    if change in arrays:
        arrays[change] = np.ascontiguousarray(arrays[change][1:])
    if change == "trust":
        info["trustworthiness"] = "<b>1</b>"
    save_file(arrays, path, {} if change == "info" else {"info": json.dumps(info)})
    assert projection(own, "pca") is None


def test_positions_and_latents_are_two_ways_to_say_the_same(own: Run) -> None:
    made = compute(own, "pca")
    latents = own.latents(made.ids[:7])
    assert place(made, own, latents) == pytest.approx(made.xy[:7], abs=1e-4)
    assert made.latents_at(made.xy[:7]) == pytest.approx(latents, abs=1e-4)  # two latents: the plane is the space


def test_on_a_curved_map_a_latent_of_a_sample_lies_where_that_does(own: Run) -> None:
    made = compute(own, "tsne", limit=60)
    assert np.allclose(place(made, own, own.latents(made.ids) + 1e-7), made.xy)
    with pytest.raises(UserError, match="no latent"):
        made.latents_at(made.xy)


def test_what_a_slow_map_has_so_far_can_be_watched(own: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(umap, "MANY", 300)
    monkeypatch.setattr(umap, "LANDMARKS", 100)
    seen: list[Projection] = []
    made = compute(own, "umap", watch=seen.append)
    assert len(seen) == 4
    assert all(np.array_equal(one.ids, made.ids) and one.trustworthiness is None for one in seen)
    assert np.array_equal(seen[-1].xy, made.xy)
    assert made.trustworthiness is not None


def test_a_method_shows_as_many_samples_as_it_is_good_for(own: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    few = replace(method_of("pca"), most=50)
    monkeypatch.setattr(module, "method_of", lambda name: few)
    assert len(compute(own, "pca").ids) == 50
    assert projection(own, "pca") is not None
    assert len(compute(own, "pca", limit=400).ids) == 400


def test_fewer_samples_are_shown_where_latents_are_long(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trained.runs["vq"]
    size = run.latents(np.zeros(1, np.int32)).shape[1]
    assert module.most_shown(run, "umap") == 100_000
    assert module.most_shown(run, "tsne") == 10_000
    monkeypatch.setattr(module, "NUMBERS", 30_000 * size)
    assert module.most_shown(run, "umap") == 30_000
    monkeypatch.setattr(module, "NUMBERS", size)
    assert module.most_shown(run, "umap") == 10_000


def test_only_keeps_each_sample_where_it_was(own: Run) -> None:
    made = compute(own, "pca")
    part = made.only(np.array([399, 7, 7, 11]))
    assert part.ids.tolist() == [7, 11, 399]
    assert np.array_equal(part.xy, made.xy[[7, 11, 399]])


def test_what_cannot_be_projected_is_said(own: Run) -> None:
    with pytest.raises(UserError, match="Choose one of latents, pacmap, pca, tsne, umap"):
        compute(own, "nmap")
    with pytest.raises(UserError, match="2 or 3 dimensions, not 4"):
        compute(own, "pca", 4)
    with pytest.raises(UserError, match="tsne makes no 3-dimensional map of 2 latents"):
        compute(own, "tsne", 3)
    (own.folder / "metrics.json").unlink()
    with pytest.raises(UserError, match="no results yet"):
        compute(own, "pca")
