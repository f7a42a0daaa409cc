"""Latents that all together, not each by itself, lie like the prior (WAE-MMD, Tolstikhin et al. 2018, arXiv:1711.01558)."""

from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code, VectorBottleneck, prior_draws

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class WassersteinBottleneck(VectorBottleneck):
    """latent = W·h + b; the loss is λ·MMD²(latents of the batch, draws from N(0, I))."""

    def __init__(self, width: int, tokens: int, settings: "Wasserstein") -> None:
        super().__init__(width, tokens, settings.latent_dim)
        self.settings = settings

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        latent = self.to_latent(h.flatten(1))
        distance = mmd(latent, prior_draws(latent, fresh=self.training))
        return Code(
            z=self.expand(latent),
            latent=latent,
            losses={"mmd": distance.expand(len(latent))},
            weights={"mmd": self.settings.weight},
        )

    def embed(self, h: Tensor) -> Tensor:
        return self.to_latent(h.flatten(1))


def mmd(a: Tensor, b: Tensor) -> Tensor:
    """Squared maximum mean discrepancy of two sets of points ``(n, d)``, estimated without bias, so at times below 0.

    The kernel is inverse multiquadratic, k(x, y) = Σ C/(C + ‖x − y‖²), over several C around 2d, the expected squared
    distance of two draws from N(0, I).
    """
    count = len(a)
    within = [(k.sum() - k.diagonal().sum()) / (count * max(1, count - 1)) for k in (_kernel(a, a), _kernel(b, b))]
    return within[0] + within[1] - 2 * _kernel(a, b).mean()


def _kernel(a: Tensor, b: Tensor) -> Tensor:
    squared = (a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T).clamp_min(0)
    constants = [scale * 2 * a.shape[1] for scale in SCALES]
    return torch.stack([c / (c + squared) for c in constants]).sum(0)


class Wasserstein(BottleneckSettings):
    """A plain vector, but all vectors together fill the prior: sharper than a VAE, and one can draw new samples from it."""

    name = "wasserstein"
    title = "Prior by MMD (WAE)"
    kind: Literal["wasserstein"] = "wasserstein"
    latent_dim: Annotated[int, Bounds(ge=1, le=1024)] = 16
    """Length of the code."""
    weight: Annotated[float, Bounds(ge=0, le=100_000)] = 100.0
    """Weight λ of the distance between the latents of a batch and the prior."""

    def build(self, width: int, tokens: int) -> Bottleneck:
        return WassersteinBottleneck(width, tokens, self)
