"""What every bottleneck offers, and the code it makes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor, nn

from aeexplorer.models.config import PartSettings


@dataclass
class Code:
    """What a bottleneck makes of a batch."""

    z: Tensor
    """``(B, T, width)``: the decoder's input."""
    latent: Tensor
    """``(B, d)``: the point that stands for the sample; for a codebook, its entries laid end to end."""
    losses: dict[str, Tensor] = field(default_factory=dict)
    """Named terms, each ``(B,)`` nats."""
    weights: dict[str, float] = field(default_factory=dict)
    """How much each term counts in the training loss; 1 where not named."""
    indices: Tensor | None = None
    """``(B, T)`` integer: the codebook entries used."""
    mean: Tensor | None = None
    """``(B, d)``: mean of the posterior."""
    logvar: Tensor | None = None
    """``(B, d)``: log-variance of the posterior."""


class Bottleneck(nn.Module, ABC):
    """``(B, T, width) → Code``.

    Parameters
    ----------
    width
        Width of the encoder's tokens and of what the decoder takes.
    tokens
        Number of tokens T.
    latent_dim
        Length d of `Code.latent`.
    """

    stochastic: ClassVar[bool] = False
    """Whether it draws its latents at random in training."""

    def __init__(self, width: int, tokens: int, latent_dim: int) -> None:
        super().__init__()
        self.width = width
        self.tokens = tokens
        self.latent_dim = latent_dim

    @abstractmethod
    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        """Encode a batch; `progress` is the share of the training that is done, 0 to 1."""

    @abstractmethod
    def expand(self, latent: Tensor) -> Tensor:
        """A point ``(B, d)`` of the latent space → the decoder's input ``(B, T, width)``."""

    @abstractmethod
    def statistics(self, code: Code) -> Mapping[str, float | list[float]]:
        """What this kind of bottleneck reports over a whole split, from its codes laid end to end."""


class DiscreteBottleneck(Bottleneck):
    """A bottleneck whose code is words of a finite vocabulary."""

    @property
    @abstractmethod
    def entries(self) -> Tensor:
        """The vocabulary: ``(K, code_dim)``."""

    @abstractmethod
    def lookup(self, indices: Tensor) -> Tensor:
        """Codes ``(B, T)`` → the decoder's input ``(B, T, width)``."""


class BottleneckSettings(PartSettings):
    """Settings of a bottleneck."""

    def token_count(self, natural: int) -> int:
        """How many tokens it wants of an encoder, where `natural` suits the data; one vector unless it says otherwise."""
        return 1

    def build(self, width: int, tokens: int) -> Bottleneck:
        """The module for tokens of that width and number."""
        raise TypeError(f"{type(self).__name__} builds no bottleneck")


def concatenate(codes: list[Code]) -> Code:
    """The codes of several batches as one, on the CPU, without the decoder's inputs."""

    def join(parts: list[Tensor | None]) -> Tensor | None:
        present = [p.cpu() for p in parts if p is not None]
        return torch.cat(present) if present else None

    latent = join([c.latent for c in codes])
    assert latent is not None
    losses = {name: torch.cat([c.losses[name].cpu() for c in codes]) for name in codes[0].losses}
    return Code(
        z=torch.empty(0),
        latent=latent,
        losses=losses,
        weights=codes[0].weights,
        indices=join([c.indices for c in codes]),
        mean=join([c.mean for c in codes]),
        logvar=join([c.logvar for c in codes]),
    )
