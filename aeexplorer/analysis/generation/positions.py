"""Each place of the code on its own: how often each entry stands there."""

import numpy as np

from aeexplorer.analysis.codes.codebook import codebook_size, codes_of
from aeexplorer.analysis.generation.base import Fitted, Prior, fitted_on
from aeexplorer.training.run import Run


def fit(run: Run) -> Fitted:
    """int64 counts ``(T, K)`` over the training samples."""
    codes = np.asarray(codes_of(run)[fitted_on(run)])
    size = max(codebook_size(run), int(codes.max()) + 1)
    return {"counts": np.stack([np.bincount(place, minlength=size) for place in codes.T])}


def draw(fitted: Fitted, count: int, temperature: float, seed: int) -> np.ndarray:
    """Each place's entry with probability ∝ its count to the power of 1/temperature, whatever stands beside it."""
    shares = fitted["counts"] / fitted["counts"].max(1, keepdims=True)
    sums = np.cumsum(shares ** (1 / max(temperature, 1e-3)), 1)
    spots = np.random.default_rng(seed).random((count, len(sums))) * sums[:, -1]
    return np.stack([np.searchsorted(row, spots[:, i], side="right") for i, row in enumerate(sums)], 1)


PRIOR = Prior(
    name="positions",
    title="Each place alone",
    help="Every code by how often it stands at its place, with no regard to the codes beside it: it shows what those add.",
    place=40,
    needs=frozenset({"results", "codebook"}),
    quick=True,
    fit=fit,
    draw=draw,
)
