"""How probable a VAE finds the samples: the evidence lower bound, its terms, and the importance-weighted bound."""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from aeexplorer.analysis.runs.quality.base import Family, Figure, Material, Metric
from aeexplorer.data.scaling import channel_scale
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.bottlenecks.gaussian import kl_to_standard_normal

DRAWS = 64
AT_ONCE = 4_096
"""Latents decoded at once."""


def log_weights(model: Autoencoder, x: Mapping[str, Tensor], draws: int) -> Tensor:
    """log p(x, z) − log q(z | x) of draws z from the posterior: ``(draws, B)`` nats for ``B`` samples.

    Parameters
    ----------
    model
        With a Gaussian posterior.
    x
        Samples in x-space.
    draws
        How many.
    """
    code = model.encode(x)
    assert code.mean is not None
    assert code.logvar is not None
    noise = torch.randn(draws, *code.mean.shape)
    latents = code.mean + noise * (0.5 * code.logvar).exp()
    prior_minus_posterior = 0.5 * (noise.square() + code.logvar - latents.square()).sum(2)
    repeated = {name: v.expand(draws, *v.shape).flatten(0, 1) for name, v in x.items()}
    return prior_minus_posterior - model.nll(latents.flatten(0, 1), repeated).view(draws, -1)


def importance_bound(weights: Tensor) -> Tensor:
    """log of the mean weight over draws, ``(k, B) → (B,)`` nats: at least the ELBO, at most log p(x).

    Burda, Grosse & Salakhutdinov 2016, arXiv:1509.00519.
    """
    return weights.logsumexp(0) - math.log(len(weights))


def _measure(material: Material) -> dict[str, Figure]:
    if not material.run.config.model.likelihood.density:
        return {}
    model = material.model
    sums = {"elbo": 0.0, "iwae": 0.0}
    known = 0
    for x in material.inputs(material.test, max(1, AT_ONCE // DRAWS)):
        with torch.inference_mode():
            weights = log_weights(model, x, DRAWS)
        sums["elbo"] += float(weights.mean(0).double().sum())
        sums["iwae"] += float(importance_bound(weights.double()).sum())
        known += sum(int((~batch.isnan()).sum()) for batch in x.values())
    found = {name: value / len(material.test) for name, value in sums.items()}
    found["kl"] = float(kl_to_standard_normal(*material.posterior(material.test)).double().sum(1).mean())
    found["reconstruction_nats"] = -found["elbo"] - found["kl"]
    found["bits_per_dimension"] = -sums["iwae"] / known / math.log(2) + _grey_bits(material)
    return {metric.key: Figure(found[metric.key]) for metric in FAMILY.metrics}


def _grey_bits(material: Material) -> float:
    """For a density over grey levels of 8 bits, −log₂ of a level's width, the mean over the features: log₂ 255 where channels
    are as stored; else 0."""
    fields = material.run.dataset.fields.values()
    if material.run.config.model.likelihood.kind == "bernoulli" or any(field.dtype != "uint8" for field in fields):
        return 0.0
    scales = [(math.prod(field.shape), channel_scale(field.meta)) for field in fields]
    wide = sum(size * float(np.log2(scale[1]).mean()) for size, scale in scales if scale is not None)
    return math.log2(255) + wide / sum(size for size, _ in scales)


FAMILY = Family(
    name="likelihood",
    title="Likelihood",
    place=20,
    needs=frozenset({"results", "posterior"}),
    metrics=(
        Metric(
            "elbo",
            "ELBO",
            f"Evidence lower bound on log p(x), of {DRAWS} draws a sample (Kingma & Welling 2014).",
            "higher",
            ".2f",
            "nats",
        ),
        Metric(
            "reconstruction_nats",
            "Reconstruction term",
            "−log p(x | z), the mean over the posterior's draws.",
            "lower",
            ".2f",
            "nats",
        ),
        Metric("kl", "KL term", "KL divergence of the posterior from the prior: what the code costs.", "", ".2f", "nats"),
        Metric(
            "iwae",
            f"Importance-weighted bound ({DRAWS})",
            f"A tighter bound on log p(x), from {DRAWS} weighted draws a sample (IWAE, Burda et al. 2016).",
            "higher",
            ".2f",
            "nats",
        ),
        Metric(
            "bits_per_dimension",
            "Bits per dimension",
            "The importance-weighted bound as a code length a feature; of 8-bit pictures under a density, for their 256 levels.",
            "lower",
            ".4f",
            "bits",
        ),
    ),
    measure=_measure,
)
