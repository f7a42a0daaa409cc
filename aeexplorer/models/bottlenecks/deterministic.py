"""A plain vector: the autoencoder of Hinton & Salakhutdinov (2006, Science 313:504)."""

from typing import Annotated, Literal

from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code, VectorBottleneck


class DeterministicBottleneck(VectorBottleneck):
    """A plain vector, latent = W·h + b, without any loss of its own."""

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        latent = self.to_latent(h.flatten(1))  # (B, T·width) → (B, d)
        return Code(z=self.expand(latent), latent=latent)


class Deterministic(BottleneckSettings):
    """A vector of numbers without constraints."""

    name = "deterministic"
    title = "Plain vector"
    kind: Literal["deterministic"] = "deterministic"
    latent_dim: Annotated[int, Bounds(ge=1, le=1024)] = 16
    """Length of the code."""

    def build(self, width: int, tokens: int) -> Bottleneck:
        return DeterministicBottleneck(width, tokens, self.latent_dim)
