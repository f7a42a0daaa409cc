"""Neighbours are exact, and trustworthiness is what scikit-learn computes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.manifold import trustworthiness as reference

from aeexplorer.analysis import neighbours
from aeexplorer.analysis.neighbours import CHECKED, NEIGHBOURS, nearest, nearest_others, trustworthiness


@pytest.mark.parametrize(("n", "k"), [(300, 10), (60, 25), (15, 3)])
def test_trustworthiness_is_that_of_scikit_learn(n: int, k: int) -> None:
    rng = np.random.default_rng(n)
    high = rng.normal(size=(n, 12))
    for low in (high[:, :2], rng.normal(size=(n, 2))):
        assert trustworthiness(high, low, k) == pytest.approx(reference(high, low, n_neighbors=k), abs=1e-4)


def test_a_true_map_is_trusted_fully_and_a_random_one_half() -> None:
    rng = np.random.default_rng(0)
    high = rng.normal(size=(500, 2)).astype(np.float32)
    assert trustworthiness(high, high[:, ::-1]) == 1.0
    assert trustworthiness(high, rng.normal(size=(500, 2))) == pytest.approx(0.5, abs=0.05)


def test_of_many_samples_a_seeded_part_is_checked() -> None:
    rng = np.random.default_rng(0)
    high = rng.normal(size=(CHECKED + 500, 6))
    low = high[:, :2]
    first = trustworthiness(high, low)
    assert first == trustworthiness(high, low)
    assert first != trustworthiness(high, low, seed=1)
    rows = np.sort(np.random.default_rng(0).permutation(len(high))[:CHECKED])
    assert first == pytest.approx(reference(high[rows], low[rows], n_neighbors=NEIGHBOURS), abs=1e-4)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_too_few_samples_have_no_trustworthiness(n: int) -> None:
    assert trustworthiness(np.zeros((n, 3)), np.zeros((n, 2))) is None


@given(n=st.integers(4, 40), k=st.integers(1, 30))
@settings(max_examples=50, deadline=None)
def test_it_stays_between_zero_and_one_also_for_equal_points(n: int, k: int) -> None:
    high = np.random.default_rng(n).integers(0, 2, (n, 2)).astype(float)
    value = trustworthiness(high, np.zeros((n, 2)), k)
    assert value is not None
    assert 0 <= value <= 1


def test_nearest_are_the_nearest() -> None:
    rng = np.random.default_rng(0)
    points, among = rng.normal(size=(20, 5)), rng.normal(size=(300, 5))
    rows, distances = nearest(points, among, 7)
    every = cdist(points, among)
    assert np.array_equal(rows, np.argsort(every, 1)[:, :7])
    assert distances == pytest.approx(np.sort(every, 1)[:, :7], abs=1e-4)


def test_others_leave_out_oneself_also_among_equal_points() -> None:
    points = np.random.default_rng(0).normal(size=(80, 4)).astype(np.float32)
    rows, distances = nearest_others(points, 5)
    every = cdist(points, points) + np.diag(np.full(80, np.inf))
    assert np.array_equal(rows, np.argsort(every, 1)[:, :5])
    assert distances == pytest.approx(np.sort(every, 1)[:, :5], abs=1e-3)
    rows, distances = nearest_others(np.zeros((40, 4)), 5)
    assert rows.shape == (40, 5)
    assert not distances.any()
    assert not (rows == np.arange(40)[:, None]).any()


@pytest.mark.parametrize("alike", [False, True])
def test_among_many_points_nearly_all_neighbours_are_found(alike: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "EXACT", 1_000)
    points = np.random.default_rng(0).normal(size=(4_000, 6)).astype(np.float32)
    if alike:
        points[:3_990] = 0  # all in one cell: the cells of the others are nearly empty
    rows, distances = nearest_others(points, 10)
    exact, true = nearest(points, points, 11)
    assert rows.min() >= 0
    assert np.mean([len(np.intersect1d(a, b)) for a, b in zip(rows, exact[:, 1:], strict=True)]) > (0 if alike else 9.5)
    assert distances == pytest.approx(true[:, 1:], abs=0.5)
