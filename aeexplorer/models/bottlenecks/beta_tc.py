"""A VAE that keeps its latent dimensions independent of each other (β-TC-VAE, Chen et al. 2018, arXiv:1802.04942)."""

import math
from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings
from aeexplorer.models.bottlenecks.gaussian import Posterior, VariationalBottleneck


def decompose(posterior: Posterior) -> tuple[Tensor, Tensor, Tensor]:
    """Split the KL divergence into three parts, estimated from one draw per sample. Their sum is log q(z|x) − log p(z).

    q(z) is the mean of the posteriors in the batch (minibatch-weighted sampling). The factor for the size of the dataset
    is a constant without gradient and is left out.

    Parameters
    ----------
    posterior
        Posterior of a batch, with draws ``(B, d)``.

    Returns
    -------
    tuple of Tensor
        Mutual information log q(z|x)/q(z), total correlation log q(z)/Πⱼq(zⱼ), and dimension-wise KL Σⱼ log q(zⱼ)/p(zⱼ),
        each ``(B,)``, in nats per sample.
    """
    z, count = posterior.latent, len(posterior.latent)
    own = log_normal(z, posterior.mean, posterior.logvar).sum(1)  # log q(z|x), (B,)
    pairs = log_normal(z[:, None], posterior.mean[None], posterior.logvar[None])  # draw i under posterior j, (B, B, d)
    joint = pairs.sum(2).logsumexp(1) - math.log(count)  # log q(z), (B,)
    product = (pairs.logsumexp(1) - math.log(count)).sum(1)  # Σⱼ log q(zⱼ), (B,)
    prior = log_normal(z, torch.zeros_like(z), torch.zeros_like(z)).sum(1)  # log p(z), (B,)
    return own - joint, joint - product, product - prior


def log_normal(z: Tensor, mean: Tensor, logvar: Tensor) -> Tensor:
    """Compute log N(z; mean, exp(logvar)) elementwise, in nats."""
    return -0.5 * (math.log(2 * math.pi) + logvar + (z - mean).square() * (-logvar).exp())


class BetaTC(BottleneckSettings):
    """A VAE whose dimensions become independent, without losing what they tell about the sample.

    The loss is KL + (β − 1)·TC: of the three parts of the KL divergence, only the total correlation counts β times.
    """

    name = "beta_tc"
    title = "Gaussian, independent (β-TC-VAE)"
    kind: Literal["beta_tc"] = "beta_tc"
    latent_dim: Annotated[int, Bounds(ge=1, le=256)] = 16
    """Length of the code."""
    beta: Annotated[float, Bounds(ge=0, le=1000)] = 4.0
    """Weight β of the total correlation. 1 is an ordinary VAE."""
    kl_warmup: Annotated[float, Bounds(ge=0, le=1)] = 0.1
    """Share of the training over which the weights of the KL term and the total correlation grow to their full values."""

    def build(self, width: int, tokens: int) -> Bottleneck:
        return VariationalBottleneck(width, tokens, self)

    def terms(self, posterior: Posterior) -> tuple[dict[str, Tensor], dict[str, float]]:
        """Return ``kl`` in closed form and ``total_correlation`` from the draws, each ``(B,)`` nats, and their weights."""
        losses = {"kl": posterior.kl.sum(1), "total_correlation": decompose(posterior)[1]}
        return losses, {"kl": 1.0, "total_correlation": self.beta - 1}
