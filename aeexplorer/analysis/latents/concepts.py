"""Concepts as directions in the latent space, from samples without the concept to samples with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

from aeexplorer.analysis.neighbours import nearest
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

MAX_SAMPLES_PER_SIDE = 2_000
"""Largest number of samples with the concept, and of samples without it, that a direction is estimated from."""
FOLDS = 5
"""Folds of the cross-validation of a direction."""
NEIGHBOURS = 10
"""Default number of neighbours of a latent."""


@dataclass(frozen=True, eq=False)
class Direction:
    """A direction in the latent space from samples without a concept (side B) to samples with it (side A).

    Parameters
    ----------
    vector
        float32 ``(d,)``; its length is the distance of the two sides' means along it.
    auc
        How well the direction separates the sides: area under the ROC curve on held-out samples, averaged over the folds
        of a cross-validation; 0.5 is chance. None if a side has fewer than two samples.
    sizes
        Number of samples of A and of B.
    """

    vector: np.ndarray
    auc: float | None
    sizes: tuple[int, int]


@dataclass(frozen=True, eq=False)
class LatentNeighbourhood:
    """The samples nearest to a latent.

    Parameters
    ----------
    ids, distances
        Sample ids int32 ``(k,)`` and their distances float32 ``(k,)``, the nearest first.
    labels
        Number of these samples with each label, the most frequent label first; empty without labels.
    """

    ids: np.ndarray
    distances: np.ndarray
    labels: Mapping[str, int]


def _mean_difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    difference: np.ndarray = a.mean(0) - b.mean(0)
    return difference


def _logistic_regression(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression

    return _fit_normal(LogisticRegression(class_weight="balanced", max_iter=200), a, b)


def _linear_svm(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    from sklearn.svm import LinearSVC

    return _fit_normal(LinearSVC(class_weight="balanced", dual="auto", random_state=0, C=0.1, tol=1e-3), a, b)


DIRECTION_KINDS: Mapping[str, tuple[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {
    "means": ("Means", _mean_difference),
    "logistic": ("Logistic regression", _logistic_regression),
    "svm": ("Linear SVM", _linear_svm),
}
"""Title and function of each method to find a direction: the difference of the means (Larsen et al. 2016, arXiv:1512.09300),
or the normal of a separating hyperplane (Kim et al. 2018, arXiv:1711.11279)."""


def find_direction(run: Run, a: np.ndarray, b: np.ndarray, kind: str = "means") -> Direction:
    """Find the direction from samples without a concept to samples with it.

    Parameters
    ----------
    run
        A run with results.
    a, b
        Ids of the samples with and without the concept. If `b` is empty, all samples outside `a` are used. A sample in
        both counts for `a`. Sides of more than 2,000 samples are subsampled.
    kind
        One of `DIRECTION_KINDS`.

    Raises
    ------
    UserError
        If the kind is unknown, or one of the sides has no samples.
    """
    if kind not in DIRECTION_KINDS:
        raise UserError(f"there is no direction by {kind!r}", f"Choose one of {', '.join(DIRECTION_KINDS)}")
    a = np.unique(a)
    b = np.setdiff1d(b if len(b) else run.dataset.ids(), a)
    if not len(a) or not len(b):
        raise UserError("a concept needs samples that have it and samples that lack it", "Select some samples, not all")
    latents = tuple(run.latents(_subsample(side)) for side in (a, b))
    find = DIRECTION_KINDS[kind][1]
    vector = _scale_to_means(find(*latents), *latents)
    return Direction(vector.astype(np.float32), _cross_validated_auc(find, *latents), (len(a), len(b)))


def move_along(run: Run, sample: int, vector: np.ndarray, strengths: np.ndarray) -> np.ndarray:
    """Move a sample's latent along a direction ``(d,)`` by multiples of it ``(m,)``: float32 ``(m, d)``."""
    latents: np.ndarray = run.latents(np.array([sample])) + np.asarray(strengths, np.float32)[:, None] * vector
    return latents


def latent_arithmetic(run: Run, a: int, b: int, c: int) -> np.ndarray:
    """Compute the latent a − b + c of three samples: float32 ``(d,)``.

    Raises
    ------
    UserError
        If there is no such sample.
    """
    for sample in (a, b, c):
        if not 0 <= sample < run.dataset.n:
            raise UserError(f"there is no sample {sample}", f"Choose a sample from 0 to {run.dataset.n - 1}")
    z_a, z_b, z_c = run.latents(np.array([a, b, c]))
    return (z_a - z_b + z_c).astype(np.float32)


def latent_neighbourhood(
    run: Run, latent: np.ndarray, ids: np.ndarray, points: np.ndarray, excluded: tuple[int, ...] = (), k: int = NEIGHBOURS
) -> LatentNeighbourhood:
    """Find the samples nearest to a latent, and count their labels.

    Parameters
    ----------
    run, latent
        A run and a latent ``(d,)``.
    ids, points
        Samples ``(n,)`` to search among, and their latents ``(n, d)``.
    excluded
        Samples to leave out.
    k
        Number of samples to find.
    """
    rows, distances = nearest(latent[None], points, min(k + len(excluded), len(ids)))
    is_included = ~np.isin(ids[rows[0]], excluded)
    neighbours, neighbour_distances = ids[rows[0]][is_included][:k], distances[0][is_included][:k]
    counts: dict[str, int] = {}
    if run.dataset.labels is not None:
        labels = run.dataset.labels[neighbours]
        values, frequencies = np.unique(labels[labels >= 0], return_counts=True)
        order = np.argsort(-frequencies, kind="stable")
        counts = {run.dataset.label_names[values[i]]: int(frequencies[i]) for i in order}
    return LatentNeighbourhood(neighbours, neighbour_distances, counts)


def _subsample(ids: np.ndarray) -> np.ndarray:
    if len(ids) <= MAX_SAMPLES_PER_SIDE:
        return ids
    return np.sort(np.random.default_rng(0).permutation(ids)[:MAX_SAMPLES_PER_SIDE])


def _fit_normal(model: Any, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Fit a linear model to standardised latents, and return the normal of its hyperplane in the latent space: ``(d,)``."""
    points = np.concatenate([a, b])
    deviation = points.std(0)
    deviation = np.where(deviation > 0, deviation, 1)
    model.fit((points - points.mean(0)) / deviation, np.repeat([1, 0], [len(a), len(b)]))
    normal: np.ndarray = model.coef_[0] / deviation
    return normal


def _scale_to_means(vector: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Scale a vector to the distance of the two sides' means along it."""
    length = np.linalg.norm(vector)
    if length == 0:
        return vector
    unit = vector / length
    return unit * float((a.mean(0) - b.mean(0)) @ unit)


def _cross_validated_auc(find: Callable[[np.ndarray, np.ndarray], np.ndarray], a: np.ndarray, b: np.ndarray) -> float | None:
    """Average the AUC on held-out samples over `FOLDS` folds; None if a side has fewer than two samples."""
    folds = min(FOLDS, len(a), len(b))
    if folds < 2:
        return None
    rng = np.random.default_rng(0)
    a_folds, b_folds = (rng.permutation(len(side)) % folds for side in (a, b))
    aucs = []
    for fold in range(folds):
        vector = find(a[a_folds != fold], b[b_folds != fold])
        aucs.append(_auc(a[a_folds == fold] @ vector, b[b_folds == fold] @ vector))
    return float(np.mean(aucs))


def _auc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Compute the area under the ROC curve from the scores of positive and of negative samples, by the Mann-Whitney U.

    It is the probability that a positive sample has the higher score; ties count half.
    """
    ranks = rankdata(np.concatenate([positive, negative]))[: len(positive)]
    return float((ranks.sum() - len(positive) * (len(positive) + 1) / 2) / (len(positive) * len(negative)))
