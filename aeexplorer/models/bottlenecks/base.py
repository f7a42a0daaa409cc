"""The interface of a bottleneck, and the code that it produces."""

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
    """Output of a bottleneck for a batch of B samples."""

    z: Tensor
    """Input of the decoder, ``(B, T, width)``."""
    latent: Tensor
    """Point of the latent space that represents the sample, ``(B, d)``. For codebooks: its entries, concatenated."""
    losses: dict[str, Tensor] = field(default_factory=dict)
    """Named losses, each ``(B,)``, in nats per sample."""
    weights: dict[str, float] = field(default_factory=dict)
    """Weights of the losses in the training loss; 1 for losses that are not named here."""
    indices: Tensor | None = None
    """Indices of the codebook entries, integer ``(B, T·stages)``. The stages of one token are next to each other."""
    mean: Tensor | None = None
    """Mean of the posterior, ``(B, d)``."""
    logvar: Tensor | None = None
    """Log-variance of the posterior, ``(B, d)``."""


class Bottleneck(nn.Module, ABC):
    """Module that turns the encoder's tokens ``(B, T, width)`` into a `Code`.

    Parameters
    ----------
    width
        Width of the encoder's tokens and of the decoder's input.
    tokens
        Number of tokens T.
    latent_dim
        Length d of `Code.latent`.
    """

    stochastic: ClassVar[bool] = False
    """Whether latents are drawn at random in training."""

    def __init__(self, width: int, tokens: int, latent_dim: int) -> None:
        super().__init__()
        self.width = width
        self.tokens = tokens
        self.latent_dim = latent_dim

    @abstractmethod
    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        """Encode a batch of tokens ``(B, T, width)``. `progress` is the share of the training that is done, 0 to 1."""

    def embed(self, h: Tensor) -> Tensor:
        """Return the latent ``(B, d)`` that `forward` gives outside training, without computing losses over the batch."""
        latent: Tensor = self(h).latent
        return latent

    @abstractmethod
    def expand(self, latent: Tensor) -> Tensor:
        """Convert points ``(B, d)`` of the latent space to the decoder's input ``(B, T, width)``."""

    @abstractmethod
    def statistics(self, code: Code) -> Mapping[str, float | list[float]]:
        """Compute the statistics that this kind of bottleneck reports, from the concatenated codes of a whole split."""

    def penalties(self, encode: Callable[[Mapping[str, Tensor]], Tensor], x: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Compute losses that depend on the encoder as a function of its input. Called in training only.

        Parameters
        ----------
        encode
            Function from x-space by field to latents ``(B, d)``.
        x
            Input of the encoder for this batch.

        Returns
        -------
        Mapping
            Named losses, each ``(B,)``, in nats per sample.
        """
        return {}


class DiscreteBottleneck(Bottleneck):
    """A bottleneck whose codes are entries of a finite codebook.

    The latent of a sample is the concatenation of its quantised tokens: ``(B, T·code_dim)``.

    Parameters
    ----------
    width, tokens
        As in `Bottleneck`.
    code_dim
        Length of an entry.
    stages
        Number of codes per token. The entries of all stages are added up.
    """

    def __init__(self, width: int, tokens: int, code_dim: int, stages: int = 1) -> None:
        super().__init__(width, tokens, tokens * code_dim)
        self.code_dim = code_dim
        self.stages = stages

    @property
    @abstractmethod
    def entries(self) -> Tensor:
        """Entries of the codebooks of all stages, one stage after the other: ``(K, code_dim)``, without gradient."""

    @abstractmethod
    def lookup(self, indices: Tensor) -> Tensor:
        """Convert codes ``(B, T·n)`` to the decoder's input ``(B, T, width)``.

        Each token may have fewer codes (n) than there are stages: the other stages add nothing.
        """

    def statistics(self, code: Code) -> Mapping[str, float | list[float]]:
        """Compute how the codebook is used.

        Returns
        -------
        Mapping
            `codebook_usage`, the share of entries used; `perplexity`, exp of the entropy of the usage in nats; and
            `usage`, the number of times that each entry is used.
        """
        assert code.indices is not None
        counts = torch.bincount(code.indices.flatten(), minlength=len(self.entries)).double()
        share = counts / counts.sum()
        return {
            "codebook_usage": float((counts > 0).double().mean()),
            "perplexity": float(torch.exp(torch.special.entr(share).sum())),
            "usage": counts.tolist(),
        }


class ProjectedCodes(DiscreteBottleneck):
    """A discrete bottleneck with a linear map to `code_dim` numbers before quantisation and one back after it.

    Parameters
    ----------
    width, tokens, code_dim, stages
        As in `DiscreteBottleneck`.
    """

    def __init__(self, width: int, tokens: int, code_dim: int, stages: int = 1) -> None:
        super().__init__(width, tokens, code_dim, stages)
        self.to_code = nn.Linear(width, code_dim)
        self.from_code = nn.Linear(code_dim, width)

    def lookup(self, indices: Tensor) -> Tensor:
        entries = self.entries[indices].unflatten(1, (self.tokens, -1))  # (B, T·n, code_dim) → (B, T, n, code_dim)
        return self.from_code(entries.sum(2))


def latents_of_codes(codes: np.ndarray, entries: np.ndarray, stages: int) -> np.ndarray:
    """Look up the latents of stored codes.

    Parameters
    ----------
    codes
        ``(m, T·stages)``.
    entries
        Entries that the codes refer to, ``(K, code_dim)``.
    stages
        Number of codes per token.

    Returns
    -------
    numpy.ndarray
        ``(m, T·code_dim)``.
    """
    vectors = entries[codes].reshape(len(codes), -1, stages, entries.shape[1])  # (m, T, stages, code_dim)
    summed: np.ndarray = vectors[:, :, 0] if stages == 1 else vectors.sum(2)
    return summed.reshape(len(codes), -1)


class VectorBottleneck(Bottleneck, ABC):
    """A bottleneck with a linear map from all tokens to the latent, and one back.

    Parameters
    ----------
    width, tokens, latent_dim
        As in `Bottleneck`.
    unit_atoms
        Whether the columns of the map back (the atoms) have unit length. Otherwise a penalty on the latent could be
        evaded by smaller latents and larger atoms.
    """

    def __init__(self, width: int, tokens: int, latent_dim: int, unit_atoms: bool = False) -> None:
        super().__init__(width, tokens, latent_dim)
        self.unit_atoms = unit_atoms
        self.to_latent = nn.Linear(tokens * width, latent_dim)
        self.from_latent: nn.Linear | TiedLinear = nn.Linear(latent_dim, tokens * width)

    def expand(self, latent: Tensor) -> Tensor:
        atoms = functional.normalize(self.from_latent.weight, dim=0) if self.unit_atoms else self.from_latent.weight
        return functional.linear(latent, atoms, self.from_latent.bias).unflatten(1, (self.tokens, self.width))  # (B, T, width)

    def tie(self) -> None:
        """Replace the map back with the transposed map to the latent and its own bias."""
        self.from_latent = TiedLinear(self.to_latent)

    def statistics(self, code: Code) -> Mapping[str, float | list[float]]:
        """Compute `latent_variance`, the variance of each latent dimension over the split."""
        return {"latent_variance": code.latent.var(0, correction=0).tolist()}


class BottleneckSettings(PartSettings):
    """Settings of a bottleneck."""

    def token_count(self, natural: int) -> int:
        """Return the number of tokens to request from the encoder; one unless overridden.

        Parameters
        ----------
        natural
            Number of tokens that suits the data.
        """
        return 1

    def build(self, width: int, tokens: int) -> Bottleneck:
        """Build the module for tokens ``(B, tokens, width)``."""
        raise TypeError(f"{type(self).__name__} builds no bottleneck")


def concatenate_codes(codes: list[Code]) -> Code:
    """Concatenate the codes of several batches on the CPU, without the decoder's inputs."""

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


def sample_prior(latent: Tensor, fresh: bool) -> Tensor:
    """Draw from N(0, I), in the shape of `latent`, ``(B, d)``. Unless `fresh`, the draws are the same every time."""
    if fresh:
        return torch.randn_like(latent)
    return torch.randn(latent.shape, generator=torch.Generator("cpu").manual_seed(0), device="cpu").to(latent)
