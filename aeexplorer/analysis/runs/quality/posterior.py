"""What the posteriors of a VAE tell about the samples: KL per dimension, active units, mutual information."""

import math

import torch
from torch import Tensor

from aeexplorer.analysis.runs.quality.base import Family, Figure, Material, Metric
from aeexplorer.models.bottlenecks.gaussian import ACTIVE_VARIANCE, kl_to_standard_normal

CHUNK = 2**24
"""Numbers held at once while every draw is compared with every posterior."""


def mutual_information(mean: Tensor, logvar: Tensor, seed: int = 0) -> float:
    """I(x; z) in nats under q(z | x) over n samples, from one draw each; at most log n.

    E[log q(z | x)] − E[log q(z)], with q(z) the mixture of all n posteriors (Hoffman & Johnson 2016, "ELBO surgery").

    Parameters
    ----------
    mean, logvar
        ``(n, d)`` of the posteriors.
    seed
        Of the draws.
    """
    n, size = mean.shape
    mean, logvar = mean.double(), logvar.double()
    noise = torch.randn(n, size, generator=torch.Generator().manual_seed(seed)).double()
    drawn = mean + noise * (0.5 * logvar).exp()
    own = -0.5 * (noise.square() + logvar).sum(1)  # log q(z | x), but for a constant that both terms share
    precision = (-logvar).exp()
    shift = ((mean.square() * precision) + logvar).sum(1)
    rows = max(1, CHUNK // n)
    mixed = [-0.5 * (part.square() @ precision.T - 2 * part @ (mean * precision).T + shift) for part in drawn.split(rows)]
    aggregate = torch.cat([part.logsumexp(1) for part in mixed]) - math.log(n)
    return float((own - aggregate).mean())


def _measure(material: Material) -> dict[str, Figure]:
    mean, logvar = material.posterior(material.test)
    kl = kl_to_standard_normal(mean, logvar).double().mean(0)
    information = mutual_information(mean, logvar)
    return {
        "active_units": Figure(float((mean.var(0, correction=0) > ACTIVE_VARIANCE).sum())),
        "mutual_information": Figure(information),
        "marginal_kl": Figure(float(kl.sum()) - information),
        "kl_per_dimension": Figure(kl.tolist()),
    }


FAMILY = Family(
    name="posterior",
    title="Posterior",
    place=30,
    needs=frozenset({"results", "posterior"}),
    metrics=(
        Metric(
            "active_units",
            "Active units",
            f"Latent dimensions whose mean varies by more than {ACTIVE_VARIANCE} over the samples (Burda et al. 2016).",
            "",
            ".0f",
        ),
        Metric(
            "mutual_information",
            "Mutual information I(x; z)",
            "What a code tells about which sample it came from; at most the logarithm of the number of samples "
            "(Hoffman & Johnson 2016).",
            "",
            ".2f",
            "nats",
        ),
        Metric(
            "marginal_kl",
            "KL of all codes together",
            "How far the codes of all samples together are from the prior: the rest of the KL term (Hoffman & Johnson 2016).",
            "lower",
            ".2f",
            "nats",
        ),
        Metric(
            "kl_per_dimension", "KL per dimension", "How much of the KL term each latent dimension carries.", "", ".3g", "nats"
        ),
    ),
    measure=_measure,
)
