"""Information content of the latent dimensions."""

from dataclasses import dataclass

import numpy as np

from aeexplorer.core.errors import UserError
from aeexplorer.data.split import SPLITS
from aeexplorer.training.run import Run


@dataclass(frozen=True, eq=False)
class LatentDimensions:
    """Metrics of each latent dimension over a whole split.

    Parameters
    ----------
    split
        Name of the split.
    variance
        Variance of the latents (for a VAE, of the posterior's mean), float ``(d,)``.
    kl
        Mean KL divergence of the posterior from the prior in nats, float ``(d,)``; None without a posterior.
    active
        Number of active dimensions: those whose posterior mean has a variance above 0.01 (Burda et al. 2016,
        arXiv:1509.00519); None without a posterior.
    """

    split: str
    variance: np.ndarray
    kl: np.ndarray | None
    active: int | None

    @property
    def order(self) -> np.ndarray:
        """Dimensions int64 ``(d,)``, the most informative first: by KL divergence if known, else by variance."""
        return np.argsort(-(self.variance if self.kl is None else self.kl), kind="stable")


def latent_dimensions(run: Run, split: str | None = None) -> LatentDimensions:
    """Return the metrics of the latent dimensions over a split.

    Parameters
    ----------
    run
        A run with results.
    split
        Name of the split; by default the first of test, validation and train that is not empty.

    Raises
    ------
    UserError
        If the run has no such metrics: it has no results, it has a codebook, or the split is empty.
    """
    candidates = [split] if split else list(reversed(SPLITS))
    measured_split = next((name for name in candidates if "latent_variance" in run.metrics.get(name, {})), None)
    if measured_split is None:
        reason = f"the run {run.name} has no figures of latent dimensions"
        raise UserError(reason, "Open a finished run without a codebook")
    metrics = run.metrics[measured_split]
    kl = metrics.get("kl_per_dimension")
    active = metrics.get("active_units")
    return LatentDimensions(
        split=measured_split,
        variance=np.asarray(metrics["latent_variance"], float),
        kl=None if kl is None else np.asarray(kl, float),
        active=None if active is None else int(active),
    )
