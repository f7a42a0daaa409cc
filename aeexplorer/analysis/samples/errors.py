"""Reconstruction errors: their histogram, and samples that stand out."""

from dataclasses import dataclass

import numpy as np

BINS = 40
TAIL = 0.995
"""Bins span the errors up to this quantile; the last one takes the rest."""
FENCE = 1.5


@dataclass(frozen=True, eq=False)
class Histogram:
    """Errors in bins.

    Parameters
    ----------
    edges
        float64 ``(bins + 1,)``; the last bin also holds everything above its upper edge.
    counts
        int64 ``(bins,)``.
    groups
        int32 ``(n,)``: the bin of each error, in the order given.
    """

    edges: np.ndarray
    counts: np.ndarray
    groups: np.ndarray


def histogram(errors: np.ndarray, bins: int = BINS) -> Histogram:
    """Equal bins from the lowest error to the 99.5 % quantile; beyond it lies the last bin."""
    low, high = (float(x) for x in np.quantile(errors.astype(np.float64), [0, TAIL]))
    if high <= low:
        high = low + max(abs(low) * 1e-3, 1e-9)
    edges = np.linspace(low, high, bins + 1)
    groups = np.clip(np.searchsorted(edges, errors, side="right") - 1, 0, bins - 1).astype(np.int32)
    return Histogram(edges, np.bincount(groups, minlength=bins), groups)


def outliers(errors: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Samples whose error stands out, the highest first: int32.

    Above Tukey's upper fence, the third quartile plus 1.5 interquartile ranges, of the errors' logarithms: errors are
    spread over orders of magnitude, and on their own scale the fence would name too many.

    Parameters
    ----------
    errors
        float32 ``(n,)`` of every sample of the dataset.
    ids
        Among which.
    """
    logs = np.log(np.maximum(errors[ids], np.finfo(np.float32).tiny))
    lower, upper = np.quantile(logs, [0.25, 0.75])
    beyond = ids[logs > upper + FENCE * (upper - lower)]
    return beyond[np.argsort(-errors[beyond], kind="stable")].astype(np.int32)
