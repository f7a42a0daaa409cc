"""What the networks share that read a sample step by step, ``(B, L, F)``: how steps become tokens, and tokens steps."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from aeexplorer.modalities.base import NetworkSettings

PLACES = 64
"""One token is gathered from so many places of a sequence at most; a longer one is averaged down to them first."""


@dataclass(frozen=True)
class Steps:
    """A sequence ``(B, length, read)`` that is read, and one ``(B, length, written)`` that is written."""

    length: int
    """Steps L."""
    read: int
    """Features of a step as the encoder reads it."""
    written: int
    """Features of a step as the decoder writes it."""
    grid: tuple[int, ...]
    """How the tokens lie in the sample; those of the first axis follow the steps."""

    @property
    def tokens(self) -> int:
        """T."""
        return math.prod(self.grid)


def token_width(steps: Steps, features: int, settings: NetworkSettings) -> int:
    """Width of the tokens: that of the steps, or of a hidden layer for one token that stands for all of them."""
    return settings.hidden if steps.tokens == 1 else features


class Positions(nn.Module):
    """Adds a learned vector to each step: ``(B, L, F) → (B, L, F)``."""

    def __init__(self, length: int, features: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter(0.1 * torch.randn(length, features))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.vectors


class Gather(nn.Module):
    """``(B, L, features) → (B, T, width)``.

    One token is a linear map of all steps, at `PLACES` at most; several are linear maps of the steps that they cover.
    """

    def __init__(self, steps: Steps, features: int, width: int) -> None:
        super().__init__()
        self.tokens = steps.tokens
        self.places = min(steps.length, PLACES if self.tokens == 1 else steps.grid[0])
        self.each = math.ceil(self.tokens / self.places)
        self.project = nn.Linear(self.places * features, width) if self.tokens == 1 else nn.Linear(features, self.each * width)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1] != self.places:
            x = nn.functional.adaptive_avg_pool1d(x.transpose(1, 2), self.places).transpose(1, 2)
        if self.tokens == 1:
            return self.project(x.flatten(1)).unsqueeze(1)
        return self.project(x).unflatten(2, (self.each, -1)).flatten(1, 2)[:, : self.tokens]


class Spread(nn.Module):
    """``(B, T, width) → (B, L, features)``: the way back from `Gather`, each place repeated over its steps.

    Parameters
    ----------
    steps
        The sequence.
    width, features
        Of the tokens and of the steps.
    places
        To how many places one token is spread at most.
    """

    places_of_steps: Tensor

    def __init__(self, steps: Steps, width: int, features: int, places: int = PLACES) -> None:
        super().__init__()
        self.tokens = steps.tokens
        self.places = min(steps.length, places if self.tokens == 1 else steps.grid[0])
        self.each = math.ceil(self.tokens / self.places)
        self.project = nn.Linear(width, self.places * features) if self.tokens == 1 else nn.Linear(self.each * width, features)
        index = torch.arange(steps.length) * self.places // steps.length
        self.register_buffer("places_of_steps", index, persistent=False)
        self.positions = Positions(steps.length, features)

    def forward(self, z: Tensor) -> Tensor:
        if self.tokens == 1:
            x = self.project(z.flatten(1)).unflatten(1, (self.places, -1))
        else:
            z = nn.functional.pad(z, (0, 0, 0, self.places * self.each - self.tokens))
            x = self.project(z.unflatten(1, (self.places, self.each)).flatten(2))
        return self.positions(x.index_select(1, self.places_of_steps))
