"""Likelihood of the samples under a VAE: the evidence lower bound, its terms, and the importance-weighted bound."""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from aeexplorer.analysis.runs.quality.base import EvaluationData, Family, Figure, Metric
from aeexplorer.data.scaling import channel_scale
from aeexplorer.data.texts import PADDING
from aeexplorer.modalities.text import Text, token_ids
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.bottlenecks.gaussian import kl_to_standard_normal

N_DRAWS = 64
"""Number of posterior draws per sample."""
DECODE_BATCH = 4_096
"""Number of latents that are decoded at once."""


def log_weights(model: Autoencoder, x: Mapping[str, Tensor], draws: int) -> Tensor:
    """Compute log p(x, z) − log q(z | x) in nats, for draws z from the posterior.

    Parameters
    ----------
    model
        Model with a Gaussian posterior.
    x
        B samples in x-space, by field.
    draws
        Number of draws per sample.

    Returns
    -------
    torch.Tensor
        Log-weights ``(draws, B)``.
    """
    code = model.encode(x)
    assert code.mean is not None
    assert code.logvar is not None
    noise = torch.randn(draws, *code.mean.shape)  # (draws, B, d)
    latents = code.mean + noise * (0.5 * code.logvar).exp()
    prior_minus_posterior = 0.5 * (noise.square() + code.logvar - latents.square()).sum(2)
    repeated = {name: v.expand(draws, *v.shape).flatten(0, 1) for name, v in x.items()}  # (draws · B, ...)
    return prior_minus_posterior - model.nll(latents.flatten(0, 1), repeated).view(draws, -1)


def importance_bound(weights: Tensor) -> Tensor:
    """Compute the importance-weighted bound on log p(x) (IWAE; Burda, Grosse & Salakhutdinov 2016, arXiv:1509.00519).

    log 1/k Σₖ wₖ in nats, with wₖ = p(x, zₖ) / q(zₖ | x). In expectation at least the ELBO and at most log p(x).

    Parameters
    ----------
    weights
        Log-weights ``(k, B)`` of `log_weights`.

    Returns
    -------
    torch.Tensor
        Bound of each sample ``(B,)``.
    """
    return weights.logsumexp(0) - math.log(len(weights))


def _measure(data: EvaluationData) -> dict[str, Figure]:
    if not data.run.config.model.likelihood.density:
        return {}
    model = data.model
    texts = [name for name, modality in model.modalities.items() if isinstance(modality, Text)]
    pca = data.run.metrics["pca"].get("active", {})
    baseline = int(pca["components"]) if "log_likelihood" in pca else None
    sums = {"elbo": 0.0, "iwae": 0.0}
    levels = tokens = 0
    pca_nats = 0.0
    for x in data.inputs(data.test, max(1, DECODE_BATCH // N_DRAWS)):
        with torch.inference_mode():
            weights = log_weights(model, x, N_DRAWS)
        sums["elbo"] += float(weights.mean(0).double().sum())
        sums["iwae"] += float(importance_bound(weights.double()).sum())
        tokens += sum(int((token_ids(x[name]) != PADDING).sum()) for name in texts)
        levels += sum(int((~batch.isnan()).sum()) for batch in x.values())
        if baseline is not None:
            pca_nats += float(data.pca.log_likelihood(x, baseline).sum())
    values = {name: total / len(data.test) for name, total in sums.items()}
    values["kl"] = float(kl_to_standard_normal(*data.posterior(data.test)).double().sum(1).mean())
    values["reconstruction_nats"] = -values["elbo"] - values["kl"]
    quantisation = _quantisation_bits(data)
    if quantisation is not None:
        values["bits_per_dimension"] = -sums["iwae"] / levels / math.log(2) + quantisation
    if texts and len(texts) == len(model.modalities):
        values["bits_per_token"] = -sums["iwae"] / tokens / math.log(2)
    figures = {metric.key: Figure(values[metric.key]) for metric in FAMILY.metrics if metric.key in values}
    if baseline is not None:
        figures["iwae"] = Figure(values["iwae"], pca_nats / len(data.test))
    return figures


def _quantisation_bits(data: EvaluationData) -> float | None:
    """Compute −log₂ of the width of a grey level, averaged over the features.

    Added to the bits of a density over 8-bit pictures, this gives the bits of their 256 discrete levels: log₂ 255 if channels
    are not scaled. None for data without grey levels and for a Bernoulli likelihood, which is no density of grey values.
    """
    fields = data.run.dataset.fields.values()
    has_levels = all(field.modality in ("image", "video") and field.dtype == "uint8" for field in fields)
    if data.run.config.model.likelihood.kind == "bernoulli" or not has_levels:
        return None
    scales = [(math.prod(field.shape), channel_scale(field.meta)) for field in fields]
    scaled_bits = sum(size * float(np.log2(scale[1]).mean()) for size, scale in scales if scale is not None)
    return math.log2(255) + scaled_bits / sum(size for size, _ in scales)


FAMILY = Family(
    name="likelihood",
    title="Likelihood",
    place=20,
    needs=frozenset({"results", "posterior"}),
    metrics=(
        Metric(
            "elbo",
            "ELBO",
            f"Evidence lower bound on log p(x), from {N_DRAWS} draws per sample (Kingma & Welling 2014).",
            "higher",
            ".2f",
            "nats",
        ),
        Metric(
            "reconstruction_nats",
            "Reconstruction term",
            "−log p(x | z), averaged over draws from the posterior.",
            "lower",
            ".2f",
            "nats",
        ),
        Metric("kl", "KL term", "KL divergence of the posterior from the prior: the cost of the code.", "", ".2f", "nats"),
        Metric(
            "iwae",
            f"Importance-weighted bound ({N_DRAWS})",
            f"Tighter bound on log p(x), from {N_DRAWS} weighted draws per sample (IWAE, Burda et al. 2016). Beside it, the "
            "log-likelihood of probabilistic PCA with as many components as there are active units (Tipping & Bishop 1999).",
            "higher",
            ".2f",
            "nats",
        ),
        Metric(
            "bits_per_dimension",
            "Bits per dimension",
            "Importance-weighted bound as a code length of the 256 grey levels of a pixel.",
            "lower",
            ".4f",
            "bits",
        ),
        Metric(
            "bits_per_token",
            "Bits per token",
            "Importance-weighted bound as a code length of a token, end tokens included.",
            "lower",
            ".4f",
            "bits",
        ),
    ),
    measure=_measure,
)
