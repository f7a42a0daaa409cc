"""The forces on the grid are those of the sums they stand for."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from aeexplorer.analysis.maps.projections._forces import A, B, Springs, pushes


def summed(y: np.ndarray) -> np.ndarray:
    """The pushes, sample by sample; ``(dims, n)``."""
    apart = y[:, :, None] - y[:, None, :]
    squares = np.square(apart).sum(0)
    strengths = 2 * B / ((0.001 + squares) * (1 + A * squares**B))
    return (np.minimum(strengths, 4 / np.sqrt(np.maximum(squares, 1e-12))) * apart).sum(2)


@pytest.mark.parametrize(("dims", "within"), [(2, 0.05), (3, 0.15)])
def test_pushes_are_the_sums_over_all_others(dims: int, within: float) -> None:
    rng = np.random.default_rng(0)
    y = (rng.normal(size=(dims, 1_000)) * 3).astype(np.float32)
    expected = summed(y)
    off = np.linalg.norm(pushes(y) - expected, axis=0)
    assert np.median(off) < within * np.median(np.linalg.norm(expected, axis=0))


def test_a_wide_layout_has_pushes_too() -> None:
    y = np.array([[0, 0.5, 5_000], [0, 0, 0]], np.float32)
    pushed = pushes(y)
    assert np.isfinite(pushed).all()
    assert abs(pushed[0, 2]) < 1e-3


@pytest.mark.parametrize("dims", [2, 3])
def test_springs_pull_each_end_towards_the_other(dims: int) -> None:
    rng = np.random.default_rng(0)
    n = 40
    weights = np.triu(rng.random((n, n)) * (rng.random((n, n)) < 0.3), 1).astype(np.float32)
    weights += weights.T
    y = rng.normal(size=(dims, n)).astype(np.float32)
    apart = y[:, None, :] - y[:, :, None]
    squares = np.square(apart).sum(0) + np.eye(n)
    stiff = 2 * weights * 2 * A * B * squares ** (B - 1) / (1 + A * squares**B)
    pulled, stiffness = Springs(csr_matrix(weights))(y)
    assert pulled == pytest.approx((stiff * apart).sum(2), abs=1e-3)
    assert stiffness == pytest.approx(stiff.sum(1), rel=1e-3)
