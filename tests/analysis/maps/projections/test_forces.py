"""Forces of the UMAP layout, against sums over all pairs."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from aeexplorer.analysis.maps.projections._forces import A, Attraction, B, repulsion


def summed_repulsion(y: np.ndarray) -> np.ndarray:
    """Compute the repulsion ``(dims, n)`` pair by pair."""
    differences = y[:, :, None] - y[:, None, :]
    squares = np.square(differences).sum(0)
    strengths = 2 * B / ((0.001 + squares) * (1 + A * squares**B))
    return (np.minimum(strengths, 4 / np.sqrt(np.maximum(squares, 1e-12))) * differences).sum(2)


@pytest.mark.parametrize(("dims", "tolerance"), [(2, 0.05), (3, 0.15)])
def test_repulsion_agrees_with_the_sum_over_all_pairs(dims: int, tolerance: float) -> None:
    rng = np.random.default_rng(0)
    y = (rng.normal(size=(dims, 1_000)) * 3).astype(np.float32)
    expected = summed_repulsion(y)
    errors = np.linalg.norm(repulsion(y) - expected, axis=0)
    assert np.median(errors) < tolerance * np.median(np.linalg.norm(expected, axis=0))


def test_repulsion_of_a_wide_layout() -> None:
    y = np.array([[0, 0.5, 5_000], [0, 0, 0]], np.float32)
    forces = repulsion(y)
    assert np.isfinite(forces).all()
    assert abs(forces[0, 2]) < 1e-3


@pytest.mark.parametrize("dims", [2, 3])
def test_attraction_agrees_with_the_sum_over_all_edges(dims: int) -> None:
    rng = np.random.default_rng(0)
    n = 40
    weights = np.triu(rng.random((n, n)) * (rng.random((n, n)) < 0.3), 1).astype(np.float32)
    weights += weights.T
    y = rng.normal(size=(dims, n)).astype(np.float32)
    differences = y[:, None, :] - y[:, :, None]
    squares = np.square(differences).sum(0) + np.eye(n)
    strengths = 2 * weights * 2 * A * B * squares ** (B - 1) / (1 + A * squares**B)
    forces, stiffness = Attraction(csr_matrix(weights))(y)
    assert forces == pytest.approx((strengths * differences).sum(2), abs=1e-3)
    assert stiffness == pytest.approx(strengths.sum(1), rel=1e-3)
