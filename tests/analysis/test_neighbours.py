"""Nearest neighbours against SciPy, and trustworthiness against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.manifold import trustworthiness as reference

from aeexplorer.analysis import neighbours
from aeexplorer.analysis.neighbours import (
    MAX_CHECKED_SAMPLES,
    NEIGHBOURS,
    continuity,
    nearest,
    nearest_others,
    rank_penalties,
    trustworthiness,
)


@pytest.mark.parametrize(("n", "k"), [(300, 10), (60, 25), (15, 3)])
def test_trustworthiness_agrees_with_scikit_learn(n: int, k: int) -> None:
    rng = np.random.default_rng(n)
    high = rng.normal(size=(n, 12))
    for low in (high[:, :2], rng.normal(size=(n, 2))):
        assert trustworthiness(high, low, k) == pytest.approx(reference(high, low, n_neighbors=k), abs=1e-4)


def test_trustworthiness_is_one_for_an_isometric_map_and_half_for_a_random_map() -> None:
    rng = np.random.default_rng(0)
    high = rng.normal(size=(500, 2)).astype(np.float32)
    assert trustworthiness(high, high[:, ::-1]) == 1.0
    assert trustworthiness(high, rng.normal(size=(500, 2))) == pytest.approx(0.5, abs=0.05)


def test_large_maps_are_checked_on_a_seeded_subsample() -> None:
    rng = np.random.default_rng(0)
    high = rng.normal(size=(MAX_CHECKED_SAMPLES + 500, 6))
    low = high[:, :2]
    first = trustworthiness(high, low)
    assert first == trustworthiness(high, low)
    assert first != trustworthiness(high, low, seed=1)
    rows = np.sort(np.random.default_rng(0).permutation(len(high))[:MAX_CHECKED_SAMPLES])
    assert first == pytest.approx(reference(high[rows], low[rows], n_neighbors=NEIGHBOURS), abs=1e-4)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_fewer_than_four_samples_have_no_trustworthiness(n: int) -> None:
    assert trustworthiness(np.zeros((n, 3)), np.zeros((n, 2))) is None


@given(n=st.integers(4, 40), k=st.integers(1, 30))
@settings(max_examples=50, deadline=None)
def test_trustworthiness_of_equal_points_is_between_zero_and_one(n: int, k: int) -> None:
    high = np.random.default_rng(n).integers(0, 2, (n, 2)).astype(float)
    value = trustworthiness(high, np.zeros((n, 2)), k)
    assert value is not None
    assert 0 <= value <= 1


def test_nearest_agrees_with_sorted_distances() -> None:
    rng = np.random.default_rng(0)
    points, among = rng.normal(size=(20, 5)), rng.normal(size=(300, 5))
    rows, distances = nearest(points, among, 7)
    all_distances = cdist(points, among)
    assert np.array_equal(rows, np.argsort(all_distances, 1)[:, :7])
    assert distances == pytest.approx(np.sort(all_distances, 1)[:, :7], abs=1e-4)


def test_nearest_others_exclude_the_point_itself_even_among_equal_points() -> None:
    points = np.random.default_rng(0).normal(size=(80, 4)).astype(np.float32)
    rows, distances = nearest_others(points, 5)
    all_distances = cdist(points, points) + np.diag(np.full(80, np.inf))
    assert np.array_equal(rows, np.argsort(all_distances, 1)[:, :5])
    assert distances == pytest.approx(np.sort(all_distances, 1)[:, :5], abs=1e-3)
    rows, distances = nearest_others(np.zeros((40, 4)), 5)
    assert rows.shape == (40, 5)
    assert not distances.any()
    assert not (rows == np.arange(40)[:, None]).any()


@pytest.mark.parametrize("equal", [False, True])
def test_approximate_search_finds_nearly_all_neighbours(equal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "MAX_EXACT_POINTS", 1_000)
    points = np.random.default_rng(0).normal(size=(4_000, 6)).astype(np.float32)
    if equal:
        points[:3_990] = 0  # all in one cell, so that the other cells are nearly empty
    rows, distances = nearest_others(points, 10)
    exact, expected = nearest(points, points, 11)
    assert rows.min() >= 0
    assert np.mean([len(np.intersect1d(a, b)) for a, b in zip(rows, exact[:, 1:], strict=True)]) > (0 if equal else 9.5)
    assert distances == pytest.approx(expected[:, 1:], abs=0.5)


def test_continuity_exchanges_the_spaces_and_penalties_are_the_terms_of_both() -> None:
    rng = np.random.default_rng(1)
    high = rng.normal(size=(120, 6))
    low = high[:, :2]
    trust, cont = reference(high, low, n_neighbors=8), reference(low, high, n_neighbors=8)
    assert abs(trust - cont) > 0.01
    assert continuity(high, low, 8) == pytest.approx(cont, abs=1e-4)
    false, missing = rank_penalties(high, low, 8)
    assert (1 - false.mean(), 1 - missing.mean()) == pytest.approx((trust, cont), abs=1e-4)
