"""Independent prior: the frequency of each code at each position."""

import numpy as np

from aeexplorer.analysis.codes.codebook import codebook_size, codes_of
from aeexplorer.analysis.generation.base import FittedPrior, Prior, fit_ids
from aeexplorer.training.run import Run


def fit(run: Run) -> FittedPrior:
    """Count the codes at each position over the training samples: ``counts`` int64 ``(T, K)``."""
    codes = np.asarray(codes_of(run)[fit_ids(run)])
    size = max(codebook_size(run), int(codes.max()) + 1)
    return {"counts": np.stack([np.bincount(position, minlength=size) for position in codes.T])}


def draw(fitted: FittedPrior, count: int, temperature: float, seed: int) -> np.ndarray:
    """Draw each position independently, with probability ∝ count^(1/temperature): int64 ``(count, T)``."""
    shares = fitted["counts"] / fitted["counts"].max(1, keepdims=True)
    cumulative = np.cumsum(shares ** (1 / max(temperature, 1e-3)), 1)
    uniform = np.random.default_rng(seed).random((count, len(cumulative))) * cumulative[:, -1]
    return np.stack([np.searchsorted(row, uniform[:, i], side="right") for i, row in enumerate(cumulative)], 1)


PRIOR = Prior(
    name="positions",
    title="Independent positions",
    help="Draws each position separately, by the frequency of the codes there. Compare with other priors to see how much the "
    "positions depend on one another.",
    place=40,
    needs=frozenset({"results", "codebook"}),
    quick=True,
    fit=fit,
    draw=draw,
)
