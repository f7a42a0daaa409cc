"""Histogram and outliers of reconstruction errors."""

from dataclasses import dataclass

import numpy as np

BINS = 40
"""Number of bins of the histogram."""
TAIL_QUANTILE = 0.995
"""Equal bins span the errors up to this quantile. The last bin also holds everything above it."""
FENCE_IQRS = 1.5
"""Distance of Tukey's fence from the third quartile, in interquartile ranges."""


@dataclass(frozen=True, eq=False)
class Histogram:
    """Histogram of errors.

    Parameters
    ----------
    edges
        Edges of the bins, float64 ``(bins + 1,)``. The last bin also holds everything above its upper edge.
    counts
        Number of errors in each bin, int64 ``(bins,)``.
    groups
        Index of the bin of each error, int32 ``(n,)``, in the order of the errors.
    """

    edges: np.ndarray
    counts: np.ndarray
    groups: np.ndarray


def histogram(errors: np.ndarray, bins: int = BINS) -> Histogram:
    """Count errors in equal bins from the lowest error to the 99.5 % quantile.

    The last bin also holds the errors above the quantile, so that a few extreme errors do not squeeze the rest into one bin.
    """
    low, high = (float(x) for x in np.quantile(errors.astype(np.float64), [0, TAIL_QUANTILE]))
    if high <= low:
        high = low + max(abs(low) * 1e-3, 1e-9)
    edges = np.linspace(low, high, bins + 1)
    groups = np.clip(np.searchsorted(edges, errors, side="right") - 1, 0, bins - 1).astype(np.int32)
    return Histogram(edges, np.bincount(groups, minlength=bins), groups)


def outliers(errors: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Find the samples with unusually high errors.

    An outlier lies above Tukey's upper fence of the logarithms of the errors: the third quartile plus 1.5 interquartile ranges.
    The logarithm is used because errors span orders of magnitude; without it too many samples would be outliers.

    Parameters
    ----------
    errors
        Error of every sample of the dataset, float32 ``(n,)``.
    ids
        Samples to search.

    Returns
    -------
    numpy.ndarray
        Ids of the outliers, int32 ``(m,)``, highest error first.
    """
    logs = np.log(np.maximum(errors[ids], np.finfo(np.float32).tiny))
    lower, upper = np.quantile(logs, [0.25, 0.75])
    beyond = ids[logs > upper + FENCE_IQRS * (upper - lower)]
    return beyond[np.argsort(-errors[beyond], kind="stable")].astype(np.int32)
