"""UMAP on digits: as faithful as umap-learn, and its stages lie as one another."""

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
    """Of the label that most of a sample's ten neighbours on the map have."""
    rows = cKDTree(xy).query(xy, 11)[1][:, 1:]
    votes = np.zeros((len(xy), 10))
    np.add.at(votes, (np.arange(len(xy))[:, None], LABELS[rows]), 1)
    return float((votes.argmax(1) == LABELS).mean())


@pytest.mark.parametrize("dims", [2, 3])
def test_digits_fall_into_clusters(dims: int) -> None:
    xy = umap.project(DIGITS, dims, 0).xy
    assert xy.shape == (len(DIGITS), dims)
    assert accuracy(xy) > 0.97  # umap-learn: 0.98
    trust, kept = trustworthiness(DIGITS, xy), continuity(DIGITS, xy)
    assert trust is not None
    assert kept is not None
    assert min(trust, kept) > 0.97


def test_stages_get_better_and_none_turns_away_from_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(umap, "MANY", 1_000)
    monkeypatch.setattr(umap, "LANDMARKS", 300)
    before, found = pca.project(DIGITS, 2, 0).xy, []
    for layout in umap.stages(DIGITS, 2, 0):
        turn = procrustes(layout.xy, before).rotation
        assert turn == pytest.approx(np.eye(2), abs=1e-4)
        assert layout.xy.mean(0) == pytest.approx(before.mean(0), abs=1e-3)
        before = layout.xy
        found.append(accuracy(layout.xy))
    assert len(found) == 4
    assert found[0] > 0.7
    assert found[0] < found[1] <= found[-1] + 0.01
    assert found[-1] > 0.97
    assert np.array_equal(before, umap.project(DIGITS, 2, 0).xy)


def test_groups_far_apart_stay_apart_and_in_sight() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.eye(4)[:3] * 1_000, 60, 0)
    xy = umap.project((groups + rng.normal(size=groups.shape)).astype(np.float32), 2, 0).xy
    middles = xy.reshape(3, 60, 2).mean(1)
    spread = np.linalg.norm(xy.reshape(3, 60, 2) - middles[:, None], axis=2).max()
    assert np.linalg.norm(middles[[0, 0, 1]] - middles[[1, 2, 2]], axis=1).min() > spread
    assert np.ptp(xy, 0).max() < 100
