"""The variational bottleneck: a diagonal Gaussian posterior (Kingma & Welling 2014, arXiv:1312.6114)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

import torch
from pydantic import Field as Bounds
from torch import Tensor, nn

from aeexplorer.core.settings import Above, When
from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code

LOGVAR_LIMIT = 10.0
ACTIVE_VARIANCE = 0.01


@dataclass
class Posterior:
    """q(z|x) = N(mean, exp(logvar)) of a batch, and the latents passed on; each ``(B, d)``."""

    mean: Tensor
    logvar: Tensor
    latent: Tensor
    """Drawn in training, the mean otherwise."""

    @property
    def kl(self) -> Tensor:
        """KL(q(z|x) ‖ N(0, I)) of each dimension, ``(B, d)`` nats."""
        return kl_to_standard_normal(self.mean, self.logvar)


class VariationalSettings(Protocol):
    """What the settings of a variational bottleneck say."""

    @property
    def latent_dim(self) -> int: ...
    @property
    def kl_warmup(self) -> float: ...

    def terms(self, posterior: Posterior) -> tuple[dict[str, Tensor], dict[str, float]]:
        """The named losses ``(B,)``, `kl` among them, and their weights after the warm-up."""
        ...


class VariationalBottleneck(Bottleneck):
    """Draws the latent from the posterior in training; the weights of the losses grow to their full size over the warm-up."""

    stochastic = True

    def __init__(self, width: int, tokens: int, settings: VariationalSettings) -> None:
        super().__init__(width, tokens, settings.latent_dim)
        self.settings = settings
        self.to_posterior = nn.Linear(tokens * width, 2 * settings.latent_dim)
        self.from_latent = nn.Linear(settings.latent_dim, tokens * width)
        with torch.no_grad():  # start near the prior's variance, with the means apart
            self.to_posterior.weight[settings.latent_dim :].mul_(0.1)
            self.to_posterior.bias.zero_()

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        mean, logvar = self.to_posterior(h.flatten(1)).chunk(2, 1)
        logvar = logvar.clamp(-LOGVAR_LIMIT, LOGVAR_LIMIT)
        drawn = mean + torch.randn_like(mean) * (0.5 * logvar).exp() if self.training else mean
        losses, weights = self.settings.terms(Posterior(mean, logvar, drawn))
        warm = min(1.0, progress / self.settings.kl_warmup) if self.settings.kl_warmup > 0 else 1.0
        return Code(
            z=self.expand(drawn),
            latent=mean,
            losses=losses,
            weights={name: weight * warm for name, weight in weights.items()},
            mean=mean,
            logvar=logvar,
        )

    def embed(self, h: Tensor) -> Tensor:
        mean, _ = self.to_posterior(h.flatten(1)).chunk(2, 1)
        return mean

    def expand(self, latent: Tensor) -> Tensor:
        return self.from_latent(latent).unflatten(1, (self.tokens, self.width))

    def statistics(self, code: Code) -> Mapping[str, float | list[float]]:
        """`kl_per_dimension` (nats) and `active_units`, those whose mean varies by more than 0.01 over the split
        (Burda et al. 2016, arXiv:1509.00519)."""
        assert code.mean is not None
        assert code.logvar is not None
        return {
            "kl_per_dimension": kl_to_standard_normal(code.mean, code.logvar).mean(0).tolist(),
            "active_units": float((code.mean.var(0, correction=0) > ACTIVE_VARIANCE).sum()),
            "latent_variance": code.mean.var(0, correction=0).tolist(),
        }


def kl_to_standard_normal(mean: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mean, exp(logvar)) ‖ N(0, 1)) of each dimension, in nats: ½(mean² + exp(logvar) − 1 − logvar)."""
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar)


class Gaussian(BottleneckSettings):
    """A cloud instead of a point: the code of a VAE. The loss is β·KL(q(z|x) ‖ N(0, I))."""

    name = "gaussian"
    title = "Gaussian (VAE)"
    kind: Literal["gaussian"] = "gaussian"
    latent_dim: Annotated[int, Bounds(ge=1, le=1024)] = 16
    """Length of the code."""
    beta: Annotated[float, Bounds(ge=0, le=1000)] = 1.0
    """Weight of the KL term (β-VAE, Higgins et al. 2017); 1 is the evidence lower bound itself."""
    kl_warmup: Annotated[float, Bounds(ge=0, le=1), When({"beta": Above(0)})] = 0.1
    """Share of the training over which the KL term grows to its full weight (Bowman et al. 2016, arXiv:1511.06349)."""
    free_bits: Annotated[float, Bounds(ge=0, le=10), When({"beta": Above(0)})] = 0.0
    """Nats that each dimension may spend at no cost, on the average of a batch, so that none is given up (Kingma et al.
    2016, arXiv:1606.04934)."""

    def build(self, width: int, tokens: int) -> Bottleneck:
        return VariationalBottleneck(width, tokens, self)

    def terms(self, posterior: Posterior) -> tuple[dict[str, Tensor], dict[str, float]]:
        """``kl``, and with free bits ``free_bits``: what lifts the dimensions below them to a constant, Σⱼ max(λ, KLⱼ) in all."""
        kl = posterior.kl
        losses, weights = {"kl": kl.sum(1)}, {"kl": self.beta}
        if self.free_bits > 0:
            below = kl.mean(0) < self.free_bits
            losses["free_bits"] = (self.free_bits - kl).where(below, 0.0).sum(1)
            weights["free_bits"] = self.beta
        return losses, weights
