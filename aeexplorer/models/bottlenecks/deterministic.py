"""A plain vector: the autoencoder of Hinton & Salakhutdinov (2006, Science 313:504)."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field as Bounds
from torch import Tensor, nn

from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code


class DeterministicBottleneck(Bottleneck):
    """latent = W·h + b, and back; nothing else is asked of it."""

    def __init__(self, width: int, tokens: int, latent_dim: int) -> None:
        super().__init__(width, tokens, latent_dim)
        self.to_latent = nn.Linear(tokens * width, latent_dim)
        self.from_latent = nn.Linear(latent_dim, tokens * width)

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        latent = self.to_latent(h.flatten(1))
        return Code(z=self.expand(latent), latent=latent)

    def expand(self, latent: Tensor) -> Tensor:
        return self.from_latent(latent).unflatten(1, (self.tokens, self.width))

    def statistics(self, code: Code) -> Mapping[str, float | list[float]]:
        """`latent_variance`: variance of each latent dimension over the split."""
        return {"latent_variance": code.latent.var(0, correction=0).tolist()}


class Deterministic(BottleneckSettings):
    """A vector of free numbers."""

    name = "deterministic"
    title = "Plain vector"
    kind: Literal["deterministic"] = "deterministic"
    latent_dim: Annotated[int, Bounds(ge=1, le=1024)] = 16
    """Length of the code."""

    def build(self, width: int, tokens: int) -> Bottleneck:
        return DeterministicBottleneck(width, tokens, self.latent_dim)
