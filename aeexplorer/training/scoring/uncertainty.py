"""Standard errors of figures that are means over the samples of a small split."""

import math
from collections.abc import Mapping

import numpy as np

MAX_SAMPLES = 1_000
"""Largest split whose figures get standard errors; those of larger splits are small beside the figures."""


def standard_errors(values: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return the standard error of the mean of each quantity, s / √n with n − 1 in the variance's denominator.

    It is analytic, not by resampling: how far the mean over other n samples of the same kind would typically be, for the model as
    it is. It does not contain what another training would change.

    Parameters
    ----------
    values
        Values of the samples by name, ``(n,)`` each. Quantities that are not finite everywhere are left out.

    Returns
    -------
    dict
        Standard errors by name; empty for fewer than 2 samples, or more than `MAX_SAMPLES`.
    """
    return {
        name: float(np.std(array, ddof=1, dtype=np.float64)) / math.sqrt(len(array))
        for name, array in values.items()
        if 2 <= len(array) <= MAX_SAMPLES and np.isfinite(array).all()
    }
