"""What every bottleneck offers, and the code it makes."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from aeexplorer.modalities.networks.layers import TiedLinear
from aeexplorer.models.parts import PartSettings


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
    """``(B, T·stages)`` integer: the codebook entries used, those of a token side by side."""
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

    def embed(self, h: Tensor) -> Tensor:
        """The latent ``(B, d)`` that `forward` gives outside training, without the losses over the batch."""
        latent: Tensor = self(h).latent
        return latent

    @abstractmethod
    def expand(self, latent: Tensor) -> Tensor:
        """A point ``(B, d)`` of the latent space → the decoder's input ``(B, T, width)``."""

    @abstractmethod
    def statistics(self, code: Code) -> Mapping[str, float | list[float]]:
        """What this kind of bottleneck reports over a whole split, from its codes laid end to end."""

    def penalties(self, encode: Callable[[Mapping[str, Tensor]], Tensor], x: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Named terms, each ``(B,)``, on the encoder as a function of its input; only training asks for them.

        Parameters
        ----------
        encode
            x-space by field → latents ``(B, d)``.
        x
            What the encoder sees of this batch.
        """
        return {}


class DiscreteBottleneck(Bottleneck):
    """A bottleneck whose code is words of a finite vocabulary.

    The latent of a sample is what its tokens became, laid end to end: ``(B, T·code_dim)``.

    Parameters
    ----------
    width, tokens
        As in `Bottleneck`.
    code_dim
        Length of an entry.
    stages
        Codes that a token has; the entries that they stand for are added up.
    """

    def __init__(self, width: int, tokens: int, code_dim: int, stages: int = 1) -> None:
        super().__init__(width, tokens, tokens * code_dim)
        self.code_dim = code_dim
        self.stages = stages

    @property
    @abstractmethod
    def entries(self) -> Tensor:
        """The vocabulary, that of every stage one after the other: ``(K, code_dim)``, without gradients."""

    @abstractmethod
    def lookup(self, indices: Tensor) -> Tensor:
        """Codes ``(B, T·n)`` → the decoder's input ``(B, T, width)``; stages that are not among a token's n add nothing."""

    def statistics(self, code: Code) -> Mapping[str, float | list[float]]:
        """`codebook_usage` (share of entries used), `perplexity` (exp of the usage entropy) and `usage` (counts)."""
        assert code.indices is not None
        counts = torch.bincount(code.indices.flatten(), minlength=len(self.entries)).double()
        share = counts / counts.sum()
        return {
            "codebook_usage": float((counts > 0).double().mean()),
            "perplexity": float(torch.exp(torch.special.entr(share).sum())),
            "usage": counts.tolist(),
        }


class ProjectedCodes(DiscreteBottleneck):
    """A token is projected to `code_dim` numbers; the entry nearest to them (of each stage, the sum of entries) is projected
    back."""

    def __init__(self, width: int, tokens: int, code_dim: int, stages: int = 1) -> None:
        super().__init__(width, tokens, code_dim, stages)
        self.to_code = nn.Linear(width, code_dim)
        self.from_code = nn.Linear(code_dim, width)

    def lookup(self, indices: Tensor) -> Tensor:
        return self.from_code(self.entries[indices].unflatten(1, (self.tokens, -1)).sum(2))


def latents_of_codes(codes: np.ndarray, entries: np.ndarray, stages: int) -> np.ndarray:
    """Codes ``(m, T·stages)`` and the entries ``(K, code_dim)`` they number → latents ``(m, T·code_dim)``."""
    found = entries[codes].reshape(len(codes), -1, stages, entries.shape[1])
    summed: np.ndarray = found[:, :, 0] if stages == 1 else found.sum(2)
    return summed.reshape(len(codes), -1)


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


def prior_draws(latent: Tensor, fresh: bool) -> Tensor:
    """Draws from N(0, I), as many as there are latents ``(B, d)``; the same ones every time unless they are to be fresh."""
    if fresh:
        return torch.randn_like(latent)
    return torch.randn(latent.shape, generator=torch.Generator("cpu").manual_seed(0), device="cpu").to(latent)
