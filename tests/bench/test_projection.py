"""The projection benchmark measures the quality of maps."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from aeexplorer.analysis.maps.projections import pca
from aeexplorer.bench.projection import Map, compare_placing, compare_stages, knn_accuracy, neighbour_overlap, placement_overlap

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = DIGITS.astype(np.float32)


class Plane:
    """A peer that projects samples onto their principal plane."""

    def __init__(self, latents: np.ndarray) -> None:
        self.plane = pca.project(latents, 2, 0).plane
        assert self.plane is not None

    def transform(self, new: np.ndarray) -> np.ndarray:
        return (new - self.plane[0]) @ self.plane[1:].T


def peer(latents: np.ndarray) -> Map:
    plane = Plane(latents)
    return Map(plane.transform(latents), 1.0, plane)


def test_umap_preserves_neighbours_better_than_a_plane() -> None:
    figures = {figure.name.rpartition(": ")[2]: figure for figure in compare_stages(DIGITS, LABELS, peer)}
    assert figures["trustworthiness minus umap-learn's"].passed
    assert figures["kNN accuracy minus umap-learn's"].measured > 20
    assert figures["15-neighbour overlap as a share of umap-learn's"].measured > 200
    assert figures["umap-learn against ours"].measured == pytest.approx(1 / figures["last layout"].measured)
    placed = compare_placing(DIGITS[:1200], DIGITS[1200:1400], peer)[-1]
    assert placed.passed


def test_figures_of_known_maps() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(600, 2)).astype(np.float32)
    assert neighbour_overlap(points, points) == 1
    assert neighbour_overlap(points, rng.normal(size=(600, 2)).astype(np.float32)) < 0.1
    assert placement_overlap(points[:500], points[500:], points[:500], points[500:]) == 1
    halves = (points[:, 0] > 0).astype(int)
    assert knn_accuracy(points, halves) > 0.95
    assert knn_accuracy(points, rng.integers(0, 2, 600)) < 0.6
