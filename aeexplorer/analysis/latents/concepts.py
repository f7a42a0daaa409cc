"""Concepts as directions in the latent space: from samples without one to samples with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

from aeexplorer.analysis.neighbours import nearest
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

MOST = 2_000
"""Samples of each side that a direction is found from, at most."""
FOLDS = 5
NEIGHBOURS = 10


@dataclass(frozen=True, eq=False)
class Direction:
    """A direction from side B to side A.

    Parameters
    ----------
    vector
        float32 ``(d,)``: as long as the two sides' means lie apart along it.
    auc
        How well it tells A from B: the mean over folds of the area under the ROC curve of samples that it was not found
        from; 0.5 is chance. None where a side has fewer than two samples.
    sizes
        Samples of A and of B.
    """

    vector: np.ndarray
    auc: float | None
    sizes: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Landing:
    """Where a latent lies among samples.

    Parameters
    ----------
    ids, distances
        int32 and float32 ``(k,)``: the samples nearest to it, the nearest first.
    labels
        How many of them have each label that occurs, the most frequent first; empty without labels.
    """

    ids: np.ndarray
    distances: np.ndarray
    labels: Mapping[str, int]


def _means(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    found: np.ndarray = a.mean(0) - b.mean(0)
    return found


def _logistic(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression

    return _separating(LogisticRegression(class_weight="balanced", max_iter=200), a, b)


def _svm(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    from sklearn.svm import LinearSVC

    return _separating(LinearSVC(class_weight="balanced", dual="auto", random_state=0, C=0.1, tol=1e-3), a, b)


KINDS: Mapping[str, tuple[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {
    "means": ("Means", _means),
    "logistic": ("Logistic regression", _logistic),
    "svm": ("Linear SVM", _svm),
}
"""Ways to find a direction, by name: the difference of the means (Larsen et al. 2016, arXiv:1512.09300), or the normal of
the plane that separates the sides (Kim et al. 2018, arXiv:1711.11279)."""


def direction(run: Run, a: np.ndarray, b: np.ndarray, kind: str = "means") -> Direction:
    """The direction from samples that lack a concept to samples that have it.

    Parameters
    ----------
    run
        With results.
    a, b
        Ids of the samples with and without it; without any in `b`, all samples that are not in `a`. A sample of both sides
        counts for A. Of more than 2,000 a side, a seeded part is taken.
    kind
        One of `KINDS`.

    Raises
    ------
    UserError
        For an unknown kind, no samples in `a`, or none that are not.
    """
    if kind not in KINDS:
        raise UserError(f"there is no direction by {kind!r}", f"Choose one of {', '.join(KINDS)}")
    a = np.unique(a)
    b = np.setdiff1d(b if len(b) else run.dataset.ids(), a)
    if not len(a) or not len(b):
        raise UserError("a concept needs samples that have it and samples that lack it", "Select some samples, not all")
    sides = tuple(run.latents(_part(side)) for side in (a, b))
    find = KINDS[kind][1]
    vector = _scaled(find(*sides), *sides)
    return Direction(vector.astype(np.float32), _held_out(find, *sides), (len(a), len(b)))


def moved(run: Run, sample: int, vector: np.ndarray, strengths: np.ndarray) -> np.ndarray:
    """A sample's latent moved along a direction ``(d,)`` by multiples ``(m,)`` of it: float32 ``(m, d)``."""
    found: np.ndarray = run.latents(np.array([sample])) + np.asarray(strengths, np.float32)[:, None] * vector
    return found


def arithmetic(run: Run, a: int, b: int, c: int) -> np.ndarray:
    """The latent a − b + c of three samples: float32 ``(d,)``; errors where the dataset lacks one."""
    for sample in (a, b, c):
        if not 0 <= sample < run.dataset.n:
            raise UserError(f"there is no sample {sample}", f"Choose one from 0 to {run.dataset.n - 1}")
    first, second, third = run.latents(np.array([a, b, c]))
    return (first - second + third).astype(np.float32)


def landing(
    run: Run, latent: np.ndarray, ids: np.ndarray, points: np.ndarray, without: tuple[int, ...] = (), k: int = NEIGHBOURS
) -> Landing:
    """The samples nearest to a latent, and their labels.

    Parameters
    ----------
    run, latent
        A latent ``(d,)`` of a run.
    ids, points
        Samples ``(n,)`` to look among, and their latents ``(n, d)``.
    without
        Samples that are left out.
    k
        How many.
    """
    rows, away = nearest(latent[None], points, min(k + len(without), len(ids)))
    others = ~np.isin(ids[rows[0]], without)
    found, distances = ids[rows[0]][others][:k], away[0][others][:k]
    labels = run.dataset.labels
    counts: dict[str, int] = {}
    if labels is not None:
        known = labels[found]
        places, numbers = np.unique(known[known >= 0], return_counts=True)
        order = np.argsort(-numbers, kind="stable")
        counts = {run.dataset.label_names[places[i]]: int(numbers[i]) for i in order}
    return Landing(found, distances, counts)


def _part(ids: np.ndarray) -> np.ndarray:
    return ids if len(ids) <= MOST else np.sort(np.random.default_rng(0).permutation(ids)[:MOST])


def _separating(model: Any, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The normal of a linear model's plane, each latent dimension scaled by its spread while it is fitted."""
    points = np.concatenate([a, b])
    spread = points.std(0)
    spread = np.where(spread > 0, spread, 1)
    model.fit((points - points.mean(0)) / spread, np.repeat([1, 0], [len(a), len(b)]))
    found: np.ndarray = model.coef_[0] / spread
    return found


def _scaled(vector: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """As long as the means lie apart along it."""
    length = np.linalg.norm(vector)
    if length == 0:
        return vector
    unit = vector / length
    return unit * float((a.mean(0) - b.mean(0)) @ unit)


def _held_out(find: Callable[[np.ndarray, np.ndarray], np.ndarray], a: np.ndarray, b: np.ndarray) -> float | None:
    folds = min(FOLDS, len(a), len(b))
    if folds < 2:
        return None
    rng = np.random.default_rng(0)
    of_a, of_b = (rng.permutation(len(side)) % folds for side in (a, b))
    areas = []
    for fold in range(folds):
        vector = find(a[of_a != fold], b[of_b != fold])
        areas.append(_area(a[of_a == fold] @ vector, b[of_b == fold] @ vector))
    return float(np.mean(areas))


def _area(above: np.ndarray, below: np.ndarray) -> float:
    """The chance that one of `above` is greater than one of `below`; equal ones count half."""
    ranks = rankdata(np.concatenate([above, below]))[: len(above)]
    return float((ranks.sum() - len(above) * (len(above) + 1) / 2) / (len(above) * len(below)))
