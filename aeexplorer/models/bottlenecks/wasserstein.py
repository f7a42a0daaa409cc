"""Latents that follow the prior as a whole, not each by itself (WAE-MMD, Tolstikhin et al. 2018, arXiv:1711.01558)."""

from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code, VectorBottleneck, sample_prior

KERNEL_SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Factors of 2d in the constants C of the kernel (see `mmd`)."""


class WassersteinBottleneck(VectorBottleneck):
    """A plain vector, latent = W·h + b, with the loss λ·MMD²(latents of the batch, draws from N(0, I)).

    The loss is that of the whole batch, repeated for each sample.
    """

    def __init__(self, width: int, tokens: int, settings: "Wasserstein") -> None:
        super().__init__(width, tokens, settings.latent_dim)
        self.settings = settings

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        latent = self.to_latent(h.flatten(1))  # (B, T·width) → (B, d)
        distance = mmd(latent, sample_prior(latent, fresh=self.training))  # ()
        return Code(
            z=self.expand(latent),
            latent=latent,
            losses={"mmd": distance.expand(len(latent))},
            weights={"mmd": self.settings.weight},
        )

    def embed(self, h: Tensor) -> Tensor:
        return self.to_latent(h.flatten(1))


def mmd(a: Tensor, b: Tensor) -> Tensor:
    """Estimate the squared maximum mean discrepancy of two sets of points without bias.

    The kernel is inverse multiquadratic, k(x, y) = Σ C/(C + ‖x − y‖²), over several C around 2d, the expected squared
    distance of two draws from N(0, I).

    Parameters
    ----------
    a, b
        Points, ``(n, d)`` each.

    Returns
    -------
    Tensor
        A scalar, which can be below 0 because the estimate is unbiased.
    """
    count = len(a)
    # mean kernel within each set, without the pairs of a point with itself
    within = [(k.sum() - k.diagonal().sum()) / (count * max(1, count - 1)) for k in (_kernel(a, a), _kernel(b, b))]
    return within[0] + within[1] - 2 * _kernel(a, b).mean()


def _kernel(a: Tensor, b: Tensor) -> Tensor:
    squared = (a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T).clamp_min(0)  # ‖x − y‖², (n, n)
    constants = [scale * 2 * a.shape[1] for scale in KERNEL_SCALES]
    return torch.stack([c / (c + squared) for c in constants]).sum(0)


class Wasserstein(BottleneckSettings):
    """A plain vector, but all vectors together fill the prior. Sharper than a VAE, and new samples can be drawn from it."""

    name = "wasserstein"
    title = "Prior by MMD (WAE)"
    kind: Literal["wasserstein"] = "wasserstein"
    latent_dim: Annotated[int, Bounds(ge=1, le=1024)] = 16
    """Length of the code."""
    weight: Annotated[float, Bounds(ge=0, le=100_000)] = 100.0
    """Weight λ of the distance between the codes of a batch and draws from the prior."""

    def build(self, width: int, tokens: int) -> Bottleneck:
        return WassersteinBottleneck(width, tokens, self)
