"""Prior that a VAE was trained with: N(0, I) (Kingma & Welling 2014, arXiv:1312.6114)."""

import numpy as np

from aeexplorer.analysis.generation.base import FittedPrior, Prior
from aeexplorer.training.run import Run


def fit(run: Run) -> FittedPrior:
    """Return the mean ``(d,)``. Nothing is fitted: the array only stores the length of a latent."""
    return {"mean": np.zeros(run.model.bottleneck.latent_dim, np.float32)}


def draw(fitted: FittedPrior, count: int, temperature: float, seed: int) -> np.ndarray:
    """Draw latents from N(0, temperature²·I): float32 ``(count, d)``."""
    noise = np.random.default_rng(seed).normal(size=(count, len(fitted["mean"])))
    return (temperature * noise).astype(np.float32)


PRIOR = Prior(
    name="standard",
    title="N(0, I)",
    help="The prior that the VAE was trained with. Where the posteriors leave gaps in it, draws may look like no sample.",
    place=20,
    needs=frozenset({"results", "posterior"}),
    quick=True,
    fit=fit,
    draw=draw,
)
