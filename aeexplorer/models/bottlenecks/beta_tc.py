"""A VAE pressed to keep its dimensions independent of each other (β-TC-VAE, Chen et al. 2018, arXiv:1802.04942)."""

import math
from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings
from aeexplorer.models.bottlenecks.gaussian import Posterior, VariationalBottleneck


def decompose(posterior: Posterior) -> tuple[Tensor, Tensor, Tensor]:
    """The parts of the KL divergence, each ``(B,)`` nats, from one draw a sample; their sum is log q(z|x) − log p(z).

    Returns
    -------
    tuple of Tensor
        Mutual information log q(z|x)/q(z), total correlation log q(z)/Πⱼq(zⱼ), dimension-wise KL Σⱼ log q(zⱼ)/p(zⱼ).
        q(z) is that of the batch, the mean of its posteriors: minibatch-weighted sampling, whose factor for the size of
        the dataset is a constant without gradient and is left out.
    """
    z, count = posterior.latent, len(posterior.latent)
    own = log_normal(z, posterior.mean, posterior.logvar).sum(1)
    pairs = log_normal(z[:, None], posterior.mean[None], posterior.logvar[None])  # (B, B, d): draw i under posterior j
    joint = pairs.sum(2).logsumexp(1) - math.log(count)
    product = (pairs.logsumexp(1) - math.log(count)).sum(1)
    prior = log_normal(z, torch.zeros_like(z), torch.zeros_like(z)).sum(1)
    return own - joint, joint - product, product - prior


def log_normal(z: Tensor, mean: Tensor, logvar: Tensor) -> Tensor:
    """log N(z; mean, exp(logvar)), elementwise."""
    return -0.5 * (math.log(2 * math.pi) + logvar + (z - mean).square() * (-logvar).exp())


class BetaTC(BottleneckSettings):
    """A VAE whose dimensions are pressed to be independent, without pressing on what they tell about the sample.

    The loss is KL + (β − 1)·TC: of the three parts of the KL divergence only the total correlation counts β times.
    """

    name = "beta_tc"
    title = "Gaussian, independent (β-TC-VAE)"
    kind: Literal["beta_tc"] = "beta_tc"
    latent_dim: Annotated[int, Bounds(ge=1, le=256)] = 16
    """Length of the code."""
    beta: Annotated[float, Bounds(ge=0, le=1000)] = 4.0
    """Weight of the total correlation; 1 is a VAE."""
    kl_warmup: Annotated[float, Bounds(ge=0, le=1)] = 0.1
    """Share of the training over which the KL and total correlation grow to their full weight."""

    def build(self, width: int, tokens: int) -> Bottleneck:
        return VariationalBottleneck(width, tokens, self)

    def terms(self, posterior: Posterior) -> tuple[dict[str, Tensor], dict[str, float]]:
        """``kl`` in closed form, and ``total_correlation`` from the draws of the batch."""
        losses = {"kl": posterior.kl.sum(1), "total_correlation": decompose(posterior)[1]}
        return losses, {"kl": 1.0, "total_correlation": self.beta - 1}
