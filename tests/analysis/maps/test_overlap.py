from dataclasses import replace

import numpy as np
import pytest

from aeexplorer.analysis.maps import overlap as module
from aeexplorer.analysis.maps.overlap import jaccard, overlap_of_maps, overlap_of_runs
from aeexplorer.analysis.maps.projection import compute


def by_hand(first: np.ndarray, second: np.ndarray, k: int) -> list[float]:
    found = []
    for i in range(len(first)):
        near = []
        for space in (first, second):
            away = np.square(space - space[i]).sum(1)
            away[i] = np.inf
            near.append(set(np.argsort(away)[:k].tolist()))
        found.append(len(near[0] & near[1]) / len(near[0] | near[1]))
    return found


def test_it_is_the_share_of_neighbours_that_both_spaces_have() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=(60, 5)).astype(np.float32)
    second = (first[:, :2] + 0.3 * rng.normal(size=(60, 2))).astype(np.float32)
    assert jaccard(first, second, 7).tolist() == pytest.approx(by_hand(first, second, 7))
    assert (jaccard(first, 3 * first[:, ::-1] + 1, 7) == 1).all()


def test_points_at_one_place_are_no_neighbours_of_themselves() -> None:
    same = np.zeros((20, 2), np.float32)
    rows = module._others(same, 5)
    assert rows.shape == (20, 5)
    assert not (rows == np.arange(20)[:, None]).any()


def test_runs_are_compared_by_their_latents(trained) -> None:
    vae, vq = trained.runs["vae"], trained.runs["vq"]
    ids = vae.dataset.ids()[:80]
    found = overlap_of_runs(vae, vq, ids)
    assert found.values.tolist() == jaccard(vae.latents(ids), vq.latents(ids), 15).tolist()
    assert (overlap_of_runs(vae, vae, ids).values == 1).all()


def test_of_many_samples_some_stand_for_all(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PRODUCTS", 64 * trained.runs["vq"].latents(np.zeros(1, int)).shape[1] * 25)
    vq = trained.runs["vq"]
    found = overlap_of_runs(trained.runs["vae"], vq, vq.dataset.ids())
    assert len(found.ids) == 40
    spread = found.of(vq.dataset.ids())
    assert np.isfinite(spread).sum() == 40
    assert np.array_equal(spread[found.ids], found.values)


def test_maps_are_compared_by_places_over_the_samples_of_both(trained) -> None:
    made = compute(trained.runs["vq"], "pca")
    turned = replace(made, xy=-made.xy).only(np.arange(100, dtype=np.int32))
    found = overlap_of_maps(made.only(np.arange(30, 200, dtype=np.int32)), turned)
    assert found.ids.tolist() == list(range(30, 100))
    assert (found.values == 1).all()
    assert (found.shared == found.k).all()
