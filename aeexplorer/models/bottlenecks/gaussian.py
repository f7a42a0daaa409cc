"""The variational bottleneck: a diagonal Gaussian posterior (Kingma & Welling 2014, arXiv:1312.6114)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

import torch
from pydantic import Field as Bounds
from torch import Tensor, nn

from aeexplorer.core.settings import GreaterThan, When
from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code

LOGVAR_LIMIT = 10.0
"""Log-variances are clamped to ± this limit."""
ACTIVE_VARIANCE = 0.01
"""Variance of the mean above which a latent dimension is active (Burda et al. 2016, arXiv:1509.00519)."""


@dataclass
class Posterior:
    """Posterior q(z|x) = N(mean, exp(logvar)) of a batch, and the latents that the decoder gets; each ``(B, d)``."""

    mean: Tensor
    logvar: Tensor
    latent: Tensor
    """A draw from the posterior in training, the mean otherwise."""

    @property
    def kl(self) -> Tensor:
        """KL(q(z|x) ‖ N(0, I)) of each dimension, ``(B, d)``, in nats."""
        return kl_to_standard_normal(self.mean, self.logvar)


class VariationalSettings(Protocol):
    """Settings of a variational bottleneck."""

    @property
    def latent_dim(self) -> int: ...
    @property
    def kl_warmup(self) -> float: ...

    def terms(self, posterior: Posterior) -> tuple[dict[str, Tensor], dict[str, float]]:
        """Return the named losses, each ``(B,)`` nats, `kl` among them, and their weights after the warm-up."""
        ...


class VariationalBottleneck(Bottleneck):
    """A diagonal Gaussian posterior, (mean, logvar) = W·h + b.

    In training, latent = mean + exp(½·logvar)·ε with ε ~ N(0, I); otherwise the latent is the mean. The weights of the
    losses grow linearly from 0 over the warm-up. The settings define the losses.
    """

    stochastic = True

    def __init__(self, width: int, tokens: int, settings: VariationalSettings) -> None:
        super().__init__(width, tokens, settings.latent_dim)
        self.settings = settings
        self.to_posterior = nn.Linear(tokens * width, 2 * settings.latent_dim)
        self.from_latent = nn.Linear(settings.latent_dim, tokens * width)
        with torch.no_grad():  # start with variances close to the prior's, and with means that differ
            self.to_posterior.weight[settings.latent_dim :].mul_(0.1)
            self.to_posterior.bias.zero_()

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        # posterior
        mean, logvar = self.to_posterior(h.flatten(1)).chunk(2, 1)  # (B, T·width) → (B, d) each
        logvar = logvar.clamp(-LOGVAR_LIMIT, LOGVAR_LIMIT)
        # reparameterised draw
        draw = mean + torch.randn_like(mean) * (0.5 * logvar).exp() if self.training else mean
        # losses, their weights growing over the warm-up
        losses, weights = self.settings.terms(Posterior(mean, logvar, draw))
        warmup = min(1.0, progress / self.settings.kl_warmup) if self.settings.kl_warmup > 0 else 1.0
        return Code(
            z=self.expand(draw),
            latent=mean,
            losses=losses,
            weights={name: weight * warmup for name, weight in weights.items()},
            mean=mean,
            logvar=logvar,
        )

    def embed(self, h: Tensor) -> Tensor:
        mean, _ = self.to_posterior(h.flatten(1)).chunk(2, 1)
        return mean

    def expand(self, latent: Tensor) -> Tensor:
        return self.from_latent(latent).unflatten(1, (self.tokens, self.width))  # (B, T, width)

    def statistics(self, code: Code) -> Mapping[str, float | list[float]]:
        """Compute statistics of the posterior over the split.

        Returns
        -------
        Mapping
            `kl_per_dimension` in nats; `active_units`, the number of dimensions whose mean has a variance above 0.01
            (Burda et al. 2016, arXiv:1509.00519); and `latent_variance`, the variance of each dimension's mean.
        """
        assert code.mean is not None
        assert code.logvar is not None
        return {
            "kl_per_dimension": kl_to_standard_normal(code.mean, code.logvar).mean(0).tolist(),
            "active_units": float((code.mean.var(0, correction=0) > ACTIVE_VARIANCE).sum()),
            "latent_variance": code.mean.var(0, correction=0).tolist(),
        }


def kl_to_standard_normal(mean: Tensor, logvar: Tensor) -> Tensor:
    """Compute KL(N(mean, exp(logvar)) ‖ N(0, 1)) elementwise, in nats: ½(mean² + exp(logvar) − 1 − logvar)."""
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar)


class Gaussian(BottleneckSettings):
    """A cloud of points instead of a single point: the code of a VAE. The loss is β·KL(q(z|x) ‖ N(0, I))."""

    name = "gaussian"
    title = "Gaussian (VAE)"
    kind: Literal["gaussian"] = "gaussian"
    latent_dim: Annotated[int, Bounds(ge=1, le=1024)] = 16
    """Length of the code."""
    beta: Annotated[float, Bounds(ge=0, le=1000)] = 1.0
    """Weight β of the KL term (β-VAE, Higgins et al. 2017). With 1, the loss is the negative evidence lower bound."""
    kl_warmup: Annotated[float, Bounds(ge=0, le=1), When({"beta": GreaterThan(0)})] = 0.1
    """Share of the training over which the weight of the KL term grows to its full value (Bowman et al. 2016,
    arXiv:1511.06349)."""
    free_bits: Annotated[float, Bounds(ge=0, le=10), When({"beta": GreaterThan(0)})] = 0.0
    """KL in nats that each dimension may use for free, averaged over a batch, so that no dimension is given up (Kingma et
    al. 2016, arXiv:1606.04934)."""

    def build(self, width: int, tokens: int) -> Bottleneck:
        return VariationalBottleneck(width, tokens, self)

    def terms(self, posterior: Posterior) -> tuple[dict[str, Tensor], dict[str, float]]:
        """Return the losses, each ``(B,)`` nats, and their weights.

        ``kl`` is the KL divergence. With free bits λ, ``free_bits`` lifts the dimensions whose mean KL is below λ to λ, so
        that the sum is Σⱼ max(λ, KLⱼ) on average.
        """
        kl = posterior.kl  # (B, d)
        losses, weights = {"kl": kl.sum(1)}, {"kl": self.beta}
        if self.free_bits > 0:
            below = kl.mean(0) < self.free_bits  # (d,)
            losses["free_bits"] = (self.free_bits - kl).where(below, 0.0).sum(1)
            weights["free_bits"] = self.beta
        return losses, weights
