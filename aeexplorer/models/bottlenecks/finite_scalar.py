"""Finite scalar quantisation: a few numbers, each rounded to one of a few levels (FSQ, arXiv:2309.15505)."""

import math
from collections.abc import Mapping
from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code, ProjectedCodes

LEVELS: tuple[tuple[int, ...], ...] = (
    (8, 8),
    (8, 6, 5),
    (8, 8, 8),
    (8, 5, 5, 5),
    (8, 8, 6, 5),
    (7, 5, 5, 5, 5),
    (8, 8, 8, 6, 5),
)
"""Levels of each number for about 64, 256, 512, 1,024, 2,048, 4,096 and 16,384 codes (Mentzer et al. 2023, section 4.1:
no fewer than five levels each)."""
MARGIN = 1e-3
"""By so much the outermost levels lie inside the range of tanh."""


class FiniteScalarQuantizer(ProjectedCodes):
    """Number i of a token is squashed to Lᵢ levels and rounded: zᵢ = round(½(Lᵢ − 1)·tanh(tᵢ + s) − o) / ⌊Lᵢ/2⌋.

    The offset o is ½ for an even number of levels and s = atanh(o / ½(Lᵢ − 1)), so that 0 stays 0. The gradient passes
    straight through the rounding. There is nothing to learn in the codebook, and no loss: it is the grid of all levels.
    """

    levels: Tensor
    basis: Tensor

    def __init__(self, width: int, tokens: int, levels: tuple[int, ...]) -> None:
        super().__init__(width, tokens, len(levels))
        self.codes = math.prod(levels)
        self.register_buffer("levels", torch.tensor(levels), persistent=False)
        self.register_buffer("basis", torch.tensor([math.prod(levels[:i]) for i in range(len(levels))]), persistent=False)

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        tokens = self.to_code(h).float()  # (B, T, len(levels))
        half = (self.levels - 1) * (1 + MARGIN) / 2
        offset = torch.where(self.levels % 2 == 0, 0.5, 0.0)
        bounded = (tokens + (offset / half).atanh()).tanh() * half - offset
        rounded = bounded + (bounded.round() - bounded).detach()
        z = rounded / self._half_width
        return Code(z=self.from_code(z), latent=z.detach().flatten(1), indices=self._number(rounded.detach()))

    @property
    def entries(self) -> Tensor:
        numbers = torch.arange(self.codes, device=self.levels.device)[:, None]
        return (numbers // self.basis % self.levels - self._half_width) / self._half_width

    def expand(self, latent: Tensor) -> Tensor:
        """Points between codes are rounded first: the decoder only ever sees levels."""
        lowest = -self._half_width
        levels = (latent.unflatten(1, (self.tokens, -1)) * self._half_width).round()
        return self.lookup(self._number(levels.clamp(lowest, lowest + self.levels - 1)))

    def statistics(self, code: Code) -> Mapping[str, float | list[float]]:
        """As for any codebook, and the `levels`."""
        return {**super().statistics(code), "levels": self.levels.tolist()}

    @property
    def _half_width(self) -> Tensor:
        return self.levels // 2

    def _number(self, rounded: Tensor) -> Tensor:
        """Levels counted from the middle, ``(..., len(levels))`` → the number of the code, ``(...)``."""
        return ((rounded.long() + self._half_width) * self.basis).sum(-1)


class FiniteScalar(BottleneckSettings):
    """A few rounded numbers per token: a codebook that is a fixed grid, so that no code can die."""

    name = "finite_scalar"
    title = "Rounded numbers (FSQ)"
    kind: Literal["finite_scalar"] = "finite_scalar"
    codebook_size: Annotated[int, Bounds(ge=64, le=16384)] = 256
    """Codes wanted; the nearest of the published grids is taken: 8·8, 8·6·5, 8·8·8, 8·5·5·5, 8·8·6·5, 7·5·5·5·5 or
    8·8·8·6·5 levels."""
    token_target: Annotated[int, Bounds(ge=0, le=4096)] = 0
    """Codes per sample; 0 takes a number that suits the data (a quarter of a picture's side, squared)."""

    @property
    def levels(self) -> tuple[int, ...]:
        """Levels of each number of a token."""
        return min(LEVELS, key=lambda levels: abs(math.log(math.prod(levels) / self.codebook_size)))

    def token_count(self, natural: int) -> int:
        return self.token_target or natural

    def build(self, width: int, tokens: int) -> Bottleneck:
        return FiniteScalarQuantizer(width, tokens, self.levels)
