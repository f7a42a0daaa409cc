"""What each latent dimension carries."""

from dataclasses import dataclass

import numpy as np

from aeexplorer.core.errors import UserError
from aeexplorer.data.split import SPLITS
from aeexplorer.training.run import Run


@dataclass(frozen=True, eq=False)
class LatentDimensions:
    """Figures of each latent dimension over a whole split.

    Parameters
    ----------
    split
        Which.
    variance
        float ``(d,)``: variance of the latents (of the posterior's mean, in a VAE).
    kl
        float ``(d,)`` nats: mean KL divergence of the posterior from the prior; None without a posterior.
    active
        Dimensions whose mean varies by more than 0.01 (Burda et al. 2016, arXiv:1509.00519); None without a posterior.
    """

    split: str
    variance: np.ndarray
    kl: np.ndarray | None
    active: int | None

    @property
    def order(self) -> np.ndarray:
        """int64 ``(d,)``: dimensions, those that carry most first, by KL where it is known, else by variance."""
        return np.argsort(-(self.variance if self.kl is None else self.kl), kind="stable")


def latent_dimensions(run: Run, split: str | None = None) -> LatentDimensions:
    """The figures of a split, or of the last one that is not empty (test, validation, train).

    Raises
    ------
    UserError
        If the run has none: no results, a codebook, or an empty split.
    """
    wanted = [split] if split else list(reversed(SPLITS))
    found = next((name for name in wanted if "latent_variance" in run.metrics.get(name, {})), None)
    if found is None:
        raise UserError(f"the run {run.name} has no figures of latent dimensions", "Open a run whose code is a vector")
    figures = run.metrics[found]
    kl = figures.get("kl_per_dimension")
    active = figures.get("active_units")
    return LatentDimensions(
        split=found,
        variance=np.asarray(figures["latent_variance"], float),
        kl=None if kl is None else np.asarray(kl, float),
        active=None if active is None else int(active),
    )
