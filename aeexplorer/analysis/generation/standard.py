"""The prior that a VAE was trained against: N(0, I) (Kingma & Welling 2014, arXiv:1312.6114)."""

import numpy as np

from aeexplorer.analysis.generation.base import Fitted, Prior
from aeexplorer.training.run import Run


def fit(run: Run) -> Fitted:
    """Nothing to fit: only how long a latent is."""
    return {"mean": np.zeros(run.model.bottleneck.latent_dim, np.float32)}


def draw(fitted: Fitted, count: int, temperature: float, seed: int) -> np.ndarray:
    """Points of N(0, temperature²·I)."""
    noise = np.random.default_rng(seed).normal(size=(count, len(fitted["mean"])))
    return (temperature * noise).astype(np.float32)


PRIOR = Prior(
    name="standard",
    title="N(0, I)",
    help="The prior that the posteriors were pressed towards. Where they do not fill it, draws fall between them.",
    place=20,
    needs=frozenset({"results", "posterior"}),
    quick=True,
    fit=fit,
    draw=draw,
)
