"""Mixture of Gaussians fitted to the latents (Ghosh et al. 2020, arXiv:1903.12436)."""

import warnings

import numpy as np

from aeexplorer.analysis.generation.base import FittedPrior, Prior, fit_ids
from aeexplorer.training.run import Run

COMPONENTS = 10
MAX_FULL_DIM = 64
"""Longest latents with full covariances; longer latents have diagonal covariances."""
MIN_SAMPLES_PER_COMPONENT = 20
MAX_SAMPLES = 5_000
"""Number of training samples that the mixture is fitted on."""


def fit(run: Run) -> FittedPrior:
    """Fit up to ten components to at most 5,000 training samples.

    Returns
    -------
    dict
        ``weights`` ``(k,)``, ``means`` ``(k, d)``, and ``roots``: Cholesky factors of the covariances ``(k, d, d)``, or standard
        deviations ``(k, d)`` for diagonal covariances.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    latents = run.latents(fit_ids(run)[:MAX_SAMPLES]).astype(np.float64)
    spread = np.maximum(latents.std(0), 1e-6)
    size = latents.shape[1]
    is_full = size <= MAX_FULL_DIM
    count = max(1, min(COMPONENTS, len(latents) // (MIN_SAMPLES_PER_COMPONENT + (size if is_full else 0))))
    kind = "full" if is_full else "diag"
    model = GaussianMixture(count, covariance_type=kind, reg_covar=1e-4, max_iter=60, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit((latents - latents.mean(0)) / spread)
    # undo the standardisation
    roots = np.linalg.cholesky(model.covariances_) if is_full else np.sqrt(model.covariances_)
    return {
        "weights": model.weights_,
        "means": model.means_ * spread + latents.mean(0),
        "roots": roots * (spread[:, None] if is_full else spread),
    }


def draw(fitted: FittedPrior, count: int, temperature: float, seed: int) -> np.ndarray:
    """Draw a component by its weight, then a point of the component. The temperature scales the distance from its mean."""
    rng = np.random.default_rng(seed)
    weights, means, roots = fitted["weights"], fitted["means"], fitted["roots"]
    chosen = rng.choice(len(weights), count, p=weights / weights.sum())
    noise = temperature * rng.normal(size=(count, means.shape[1]))
    offsets = np.einsum("nij,nj->ni", roots[chosen], noise) if roots.ndim == 3 else roots[chosen] * noise
    return (means[chosen] + offsets).astype(np.float32)


PRIOR = Prior(
    name="mixture",
    title="Fitted mixture",
    help="Ten Gaussians fitted to the latents of the training samples. Draws lie where training samples lie (Ghosh et al. 2020).",
    place=10,
    needs=frozenset({"results", "dimensions"}),
    quick=True,
    fit=fit,
    draw=draw,
)
