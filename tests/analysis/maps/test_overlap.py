"""Overlap of neighbourhoods between runs and between maps."""

from dataclasses import replace

import numpy as np
import pytest

from aeexplorer.analysis.maps import overlap as overlap_module
from aeexplorer.analysis.maps.overlap import Overlap, jaccard, overlap_of_maps, overlap_of_runs
from aeexplorer.analysis.maps.projection import compute_projection


def reference_overlap(first: np.ndarray, second: np.ndarray, k: int) -> list[float]:
    values = []
    for i in range(len(first)):
        neighbour_sets = []
        for space in (first, second):
            distances = np.square(space - space[i]).sum(1)
            distances[i] = np.inf
            neighbour_sets.append(set(np.argsort(distances)[:k].tolist()))
        values.append(len(neighbour_sets[0] & neighbour_sets[1]) / len(neighbour_sets[0] | neighbour_sets[1]))
    return values


def test_jaccard_agrees_with_sets_of_neighbours() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=(60, 5)).astype(np.float32)
    second = (first[:, :2] + 0.3 * rng.normal(size=(60, 2))).astype(np.float32)
    assert jaccard(first, second, 7).tolist() == pytest.approx(reference_overlap(first, second, 7))
    assert (jaccard(first, 3 * first[:, ::-1] + 1, 7) == 1).all()


def test_equal_points_are_not_their_own_neighbours() -> None:
    same = np.zeros((20, 2), np.float32)
    rows = overlap_module._exact_nearest_others(same, 5)
    assert rows.shape == (20, 5)
    assert not (rows == np.arange(20)[:, None]).any()


def test_the_number_of_shared_neighbours_follows_from_the_index() -> None:
    shared = np.arange(16)
    values = (shared / (30 - shared)).astype(np.float32)  # |A ∩ B| / |A ∪ B| of two sets of fifteen
    assert Overlap(np.arange(16, dtype=np.int32), values, 15).shared_neighbours.tolist() == shared.tolist()


def test_runs_are_compared_by_their_latents(trained) -> None:
    vae, vq = trained.runs["vae"], trained.runs["vq"]
    ids = vae.dataset.ids()[:80]
    overlap = overlap_of_runs(vae, vq, ids)
    assert overlap.values.tolist() == jaccard(vae.latents(ids), vq.latents(ids), 15).tolist()
    assert (overlap_of_runs(vae, vae, ids).values == 1).all()


def test_large_runs_are_subsampled(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlap_module, "_MAX_PRODUCTS", 64 * trained.runs["vq"].latents(np.zeros(1, int)).shape[1] * 25)
    vq = trained.runs["vq"]
    overlap = overlap_of_runs(trained.runs["vae"], vq, vq.dataset.ids())
    assert len(overlap.ids) == 40
    values = overlap.values_of(vq.dataset.ids())
    assert np.isfinite(values).sum() == 40
    assert np.array_equal(values[overlap.ids], overlap.values)


def test_maps_are_compared_over_their_shared_samples(trained) -> None:
    projection = compute_projection(trained.runs["vq"], "pca")
    mirrored = replace(projection, xy=-projection.xy).subset(np.arange(100, dtype=np.int32))
    overlap = overlap_of_maps(projection.subset(np.arange(30, 200, dtype=np.int32)), mirrored)
    assert overlap.ids.tolist() == list(range(30, 100))
    assert (overlap.values == 1).all()
    assert (overlap.shared_neighbours == overlap.k).all()
