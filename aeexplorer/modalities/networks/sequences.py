"""Shared layers of networks that read a sample step by step, ``(B, L, F)``: conversion between steps and tokens."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from aeexplorer.modalities.base import NetworkSettings

MAX_SEGMENTS = 64
"""Most segments of a sequence that a single token is computed from. Longer sequences are averaged within segments first."""


@dataclass(frozen=True)
class SequenceShape:
    """Shapes of a sequence that the encoder reads, ``(B, length, features_in)``, and that the decoder writes."""

    length: int
    """Number of steps L."""
    features_in: int
    """Features per step that the encoder reads."""
    features_out: int
    """Features per step that the decoder writes."""
    grid: tuple[int, ...]
    """Arrangement of the tokens in the sample. The first axis runs along the steps."""

    @property
    def tokens(self) -> int:
        """Number of tokens T."""
        return math.prod(self.grid)


def token_width(sequence: SequenceShape, features: int, settings: NetworkSettings) -> int:
    """Return the width of the tokens: `hidden` for a single token, otherwise the features of a step."""
    return settings.hidden if sequence.tokens == 1 else features


class Positions(nn.Module):
    """Add a learned vector to each step: ``(B, L, F) → (B, L, F)``."""

    def __init__(self, length: int, features: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter(0.1 * torch.randn(length, features))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.vectors


class Gather(nn.Module):
    """Compute tokens from steps: ``(B, L, features) → (B, T, width)``.

    The sequence is first averaged within segments. A single token is a linear map of all segments (`MAX_SEGMENTS` at
    most). Several tokens are linear maps of the segment that they belong to.
    """

    def __init__(self, sequence: SequenceShape, features: int, width: int) -> None:
        super().__init__()
        self.tokens = sequence.tokens
        self.segments = min(sequence.length, MAX_SEGMENTS if self.tokens == 1 else sequence.grid[0])
        self.tokens_per_segment = math.ceil(self.tokens / self.segments)
        if self.tokens == 1:
            self.project = nn.Linear(self.segments * features, width)
        else:
            self.project = nn.Linear(features, self.tokens_per_segment * width)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1] != self.segments:
            x = nn.functional.adaptive_avg_pool1d(x.transpose(1, 2), self.segments).transpose(1, 2)  # (B, segments, features)
        if self.tokens == 1:
            return self.project(x.flatten(1)).unsqueeze(1)  # (B, 1, width)
        tokens = self.project(x).unflatten(2, (self.tokens_per_segment, -1)).flatten(1, 2)
        return tokens[:, : self.tokens]  # (B, T, width)


class Spread(nn.Module):
    """Compute steps from tokens, the reverse of `Gather`: ``(B, T, width) → (B, L, features)``.

    Each segment is repeated over its steps, and each step gets its own learned position vector.

    Parameters
    ----------
    sequence
        Shape of the sequence.
    width
        Width of the tokens.
    features
        Features of each step.
    max_segments
        Most segments that a single token is spread to.
    """

    segment_of_step: Tensor

    def __init__(self, sequence: SequenceShape, width: int, features: int, max_segments: int = MAX_SEGMENTS) -> None:
        super().__init__()
        self.tokens = sequence.tokens
        self.segments = min(sequence.length, max_segments if self.tokens == 1 else sequence.grid[0])
        self.tokens_per_segment = math.ceil(self.tokens / self.segments)
        if self.tokens == 1:
            self.project = nn.Linear(width, self.segments * features)
        else:
            self.project = nn.Linear(self.tokens_per_segment * width, features)
        index = torch.arange(sequence.length) * self.segments // sequence.length
        self.register_buffer("segment_of_step", index, persistent=False)
        self.positions = Positions(sequence.length, features)

    def forward(self, z: Tensor) -> Tensor:
        if self.tokens == 1:
            x = self.project(z.flatten(1)).unflatten(1, (self.segments, -1))  # (B, segments, features)
        else:
            z = nn.functional.pad(z, (0, 0, 0, self.segments * self.tokens_per_segment - self.tokens))
            z = z.unflatten(1, (self.segments, self.tokens_per_segment)).flatten(2)  # (B, segments, tokens_per_segment·width)
            x = self.project(z)  # (B, segments, features)
        return self.positions(x.index_select(1, self.segment_of_step))  # (B, L, features)
