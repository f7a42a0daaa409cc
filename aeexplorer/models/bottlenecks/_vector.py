"""What the bottlenecks share whose code is one vector of numbers."""

from abc import ABC
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from aeexplorer.modalities.networks.layers import TiedLinear
from aeexplorer.models.bottlenecks.base import Bottleneck, Code


class VectorBottleneck(Bottleneck, ABC):
    """A linear map from all tokens to the latent, and one back.

    Parameters
    ----------
    width, tokens, latent_dim
        As in `Bottleneck`.
    unit_atoms
        Whether what a latent dimension adds to the decoder's input has unit length, so that a penalty on the latent
        cannot be evaded by smaller codes and larger atoms.
    """

    def __init__(self, width: int, tokens: int, latent_dim: int, unit_atoms: bool = False) -> None:
        super().__init__(width, tokens, latent_dim)
        self.unit_atoms = unit_atoms
        self.to_latent = nn.Linear(tokens * width, latent_dim)
        self.from_latent: nn.Linear | TiedLinear = nn.Linear(latent_dim, tokens * width)

    def expand(self, latent: Tensor) -> Tensor:
        atoms = functional.normalize(self.from_latent.weight, dim=0) if self.unit_atoms else self.from_latent.weight
        return functional.linear(latent, atoms, self.from_latent.bias).unflatten(1, (self.tokens, self.width))

    def tie(self) -> None:
        """Make the map back the transpose of the one there, with a bias of its own."""
        self.from_latent = TiedLinear(self.to_latent)

    def statistics(self, code: Code) -> Mapping[str, float | list[float]]:
        """`latent_variance`: variance of each latent dimension over the split."""
        return {"latent_variance": code.latent.var(0, correction=0).tolist()}


def prior_draws(latent: Tensor, fresh: bool) -> Tensor:
    """Draws from N(0, I), as many as there are latents ``(B, d)``; the same ones every time unless they are to be fresh."""
    if fresh:
        return torch.randn_like(latent)
    return torch.randn(latent.shape, generator=torch.Generator("cpu").manual_seed(0), device="cpu").to(latent)
