"""A mixture of Gaussians fitted to the latents (Ghosh et al. 2020, arXiv:1903.12436)."""

import warnings

import numpy as np

from aeexplorer.analysis.generation.base import Fitted, Prior, fitted_on
from aeexplorer.training.run import Run

COMPONENTS = 10
FULL = 64
"""Latents up to this length get whole covariances, longer ones diagonal ones."""
EACH = 20
"""Training samples a component at least."""
MOST = 5_000


def fit(run: Run) -> Fitted:
    """Up to ten components, of at most 5,000 training samples."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    latents = run.latents(fitted_on(run)[:MOST]).astype(np.float64)
    spread = np.maximum(latents.std(0), 1e-6)
    size = latents.shape[1]
    full = size <= FULL
    count = max(1, min(COMPONENTS, len(latents) // (EACH + (size if full else 0))))
    model = GaussianMixture(count, covariance_type="full" if full else "diag", reg_covar=1e-4, max_iter=60, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit((latents - latents.mean(0)) / spread)
    roots = np.linalg.cholesky(model.covariances_) if full else np.sqrt(model.covariances_)
    return {
        "weights": model.weights_,
        "means": model.means_ * spread + latents.mean(0),
        "roots": roots * (spread[:, None] if full else spread),
    }


def draw(fitted: Fitted, count: int, temperature: float, seed: int) -> np.ndarray:
    """A component by its weight, then a point of it; the temperature scales how far that lies from the middle."""
    rng = np.random.default_rng(seed)
    weights, means, roots = fitted["weights"], fitted["means"], fitted["roots"]
    chosen = rng.choice(len(weights), count, p=weights / weights.sum())
    noise = temperature * rng.normal(size=(count, means.shape[1]))
    moved = np.einsum("nij,nj->ni", roots[chosen], noise) if roots.ndim == 3 else roots[chosen] * noise
    return (means[chosen] + moved).astype(np.float32)


PRIOR = Prior(
    name="mixture",
    title="Fitted mixture",
    help="Ten Gaussians fitted to the latents of the training samples: draws come from where samples lie (Ghosh et al. 2020).",
    place=10,
    needs=frozenset({"results", "dimensions"}),
    quick=True,
    fit=fit,
    draw=draw,
)
