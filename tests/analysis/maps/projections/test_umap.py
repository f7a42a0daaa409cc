"""UMAP on digits: quality close to umap-learn, and aligned partial layouts."""

import numpy as np
import pytest
from scipy.spatial import cKDTree
from sklearn.datasets import load_digits

from aeexplorer.analysis.maps.alignment import procrustes
from aeexplorer.analysis.maps.projections import pca, umap
from aeexplorer.analysis.neighbours import continuity, trustworthiness

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = DIGITS.astype(np.float32)


def accuracy(xy: np.ndarray) -> float:
    """Compute the accuracy of predicting labels by a vote of the ten nearest neighbours on the map."""
    rows = cKDTree(xy).query(xy, 11)[1][:, 1:]
    votes = np.zeros((len(xy), 10))
    np.add.at(votes, (np.arange(len(xy))[:, None], LABELS[rows]), 1)
    return float((votes.argmax(1) == LABELS).mean())


@pytest.mark.parametrize("dims", [2, 3])
def test_digits_fall_into_clusters(dims: int) -> None:
    xy = umap.project(DIGITS, dims, 0).xy
    assert xy.shape == (len(DIGITS), dims)
    assert accuracy(xy) > 0.97  # umap-learn: 0.98
    trust, cont = trustworthiness(DIGITS, xy), continuity(DIGITS, xy)
    assert trust is not None
    assert cont is not None
    assert min(trust, cont) > 0.97


def test_stages_improve_and_are_aligned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(umap, "MIN_SAMPLES_FOR_LANDMARKS", 1_000)
    monkeypatch.setattr(umap, "LANDMARKS", 300)
    previous, accuracies = pca.project(DIGITS, 2, 0).xy, []
    for layout in umap.stages(DIGITS, 2, 0):
        rotation = procrustes(layout.xy, previous).rotation
        assert rotation == pytest.approx(np.eye(2), abs=1e-4)
        assert layout.xy.mean(0) == pytest.approx(previous.mean(0), abs=1e-3)
        previous = layout.xy
        accuracies.append(accuracy(layout.xy))
    assert len(accuracies) == 4
    assert accuracies[0] > 0.7
    assert accuracies[0] < accuracies[1] <= accuracies[-1] + 0.01
    assert accuracies[-1] > 0.97
    assert np.array_equal(previous, umap.project(DIGITS, 2, 0).xy)


def test_distant_groups_stay_separate_but_close() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.eye(4)[:3] * 1_000, 60, 0)
    xy = umap.project((groups + rng.normal(size=groups.shape)).astype(np.float32), 2, 0).xy
    middles = xy.reshape(3, 60, 2).mean(1)
    spread = np.linalg.norm(xy.reshape(3, 60, 2) - middles[:, None], axis=2).max()
    assert np.linalg.norm(middles[[0, 0, 1]] - middles[[1, 2, 2]], axis=1).min() > spread
    assert np.ptp(xy, 0).max() < 100
