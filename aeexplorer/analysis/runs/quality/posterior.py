"""Information in the posteriors of a VAE: KL per dimension, active units, mutual information."""

import math

import torch
from torch import Tensor

from aeexplorer.analysis.runs.quality.base import EvaluationData, Family, Figure, Metric
from aeexplorer.models.bottlenecks.gaussian import ACTIVE_VARIANCE, kl_to_standard_normal

CHUNK = 2**24
"""Number of values in memory while every draw is compared with every posterior."""

CEILING_SHARE = 0.95
"""Share of log n from which the mutual information of n samples is at its ceiling."""


def mutual_information(mean: Tensor, logvar: Tensor, seed: int = 0) -> float:
    """Estimate the mutual information I(x; z) under q(z | x), from one draw per sample.

    E[log q(z | x)] − E[log q(z)] in nats, with q(z) = 1/n Σᵢ q(z | xᵢ) the mixture of all n posteriors (Hoffman & Johnson 2016,
    "ELBO surgery"). At most log n; the estimate may be slightly below 0.

    Parameters
    ----------
    mean, logvar
        Mean and log-variance of the posteriors, ``(n, d)``.
    seed
        Seed of the draws.
    """
    n, size = mean.shape
    mean, logvar = mean.double(), logvar.double()
    noise = torch.randn(n, size, generator=torch.Generator().manual_seed(seed)).double()
    draws = mean + noise * (0.5 * logvar).exp()
    own = -0.5 * (noise.square() + logvar).sum(1)  # log q(z | x) without the constant that both terms share
    # log q(z): compare every draw with every posterior, some rows at a time
    precision = (-logvar).exp()
    shift = ((mean.square() * precision) + logvar).sum(1)
    rows = max(1, CHUNK // n)
    mixed = [-0.5 * (part.square() @ precision.T - 2 * part @ (mean * precision).T + shift) for part in draws.split(rows)]
    aggregate = torch.cat([part.logsumexp(1) for part in mixed]) - math.log(n)
    return float((own - aggregate).mean())


def _measure(data: EvaluationData) -> dict[str, Figure]:
    mean, logvar = data.posterior(data.test)
    kl = kl_to_standard_normal(mean, logvar).double().mean(0)
    information = mutual_information(mean, logvar)
    ceiling = math.log(len(mean))
    note = f"At its ceiling, log {len(mean):,} = {ceiling:.2f} nats" if information > CEILING_SHARE * ceiling else ""
    return {
        "active_units": Figure(float((mean.var(0, correction=0) > ACTIVE_VARIANCE).sum())),
        "mutual_information": Figure(information, note=f"{note}: more samples would show more." if note else ""),
        # E[KL(q(z | x) ‖ p(z))] = I(x; z) + KL(q(z) ‖ p(z))
        "marginal_kl": Figure(
            float(kl.sum()) - information,
            note="An upper bound: the mutual information is at its ceiling." if note else "",
        ),
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
            f"Number of latent dimensions whose posterior mean has a variance above {ACTIVE_VARIANCE} over the samples "
            "(Burda et al. 2016).",
            "",
            ".0f",
        ),
        Metric(
            "mutual_information",
            "Mutual information I(x; z)",
            "How much a code tells about the sample it came from; at most the logarithm of the number of samples "
            "(Hoffman & Johnson 2016).",
            "",
            ".2f",
            "nats",
        ),
        Metric(
            "marginal_kl",
            "Marginal KL",
            "KL divergence of the codes of all samples together from the prior: the KL term without the mutual information "
            "(Hoffman & Johnson 2016).",
            "lower",
            ".2f",
            "nats",
        ),
        Metric("kl_per_dimension", "KL per dimension", "Share of each latent dimension in the KL term.", "", ".3g", "nats"),
    ),
    measure=_measure,
)
