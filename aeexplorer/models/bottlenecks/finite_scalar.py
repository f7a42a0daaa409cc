"""Finite scalar quantisation: a few numbers, each rounded to a few levels (FSQ, Mentzer et al. 2023, arXiv:2309.15505)."""

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
at least five levels each)."""
MARGIN = 1e-3
"""Relative distance between the outermost levels and the limits of tanh, so that every level can be reached."""


class FiniteScalarQuantizer(ProjectedCodes):
    """Quantiser that squashes number i of a token to Lᵢ levels and rounds it.

    zᵢ = round(½(Lᵢ − 1)·tanh(tᵢ + s) − o) / ⌊Lᵢ/2⌋, where the offset o is ½ for an even number of levels (else 0), and
    s = atanh(o / ½(Lᵢ − 1)) keeps 0 at 0.

    The gradient passes straight through the rounding. The codebook is the grid of all levels: nothing is learned, and
    there is no loss.
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
        # squash to the range of levels
        half = (self.levels - 1) * (1 + MARGIN) / 2
        offset = torch.where(self.levels % 2 == 0, 0.5, 0.0)
        bounded = (tokens + (offset / half).atanh()).tanh() * half - offset
        # round, with the gradient passed straight through
        rounded = bounded + (bounded.round() - bounded).detach()
        z = rounded / self._half_width
        return Code(z=self.from_code(z), latent=z.detach().flatten(1), indices=self._index(rounded.detach()))

    @property
    def entries(self) -> Tensor:
        numbers = torch.arange(self.codes, device=self.levels.device)[:, None]
        return (numbers // self.basis % self.levels - self._half_width) / self._half_width

    def expand(self, latent: Tensor) -> Tensor:
        """Round points between codes first, so that the decoder only sees levels that occur in training."""
        lowest = -self._half_width
        levels = (latent.unflatten(1, (self.tokens, -1)) * self._half_width).round()  # (B, T, len(levels))
        return self.lookup(self._index(levels.clamp(lowest, lowest + self.levels - 1)))

    def statistics(self, code: Code) -> Mapping[str, float | list[float]]:
        """Compute the statistics of any codebook, and the number of `levels` of each number."""
        return {**super().statistics(code), "levels": self.levels.tolist()}

    @property
    def _half_width(self) -> Tensor:
        return self.levels // 2

    def _index(self, rounded: Tensor) -> Tensor:
        """Convert levels counted from the middle, ``(..., len(levels))``, to the index of the code, ``(...)``."""
        return ((rounded.long() + self._half_width) * self.basis).sum(-1)


class FiniteScalar(BottleneckSettings):
    """A few rounded numbers per token. The codebook is a fixed grid, so no code can fall out of use for good."""

    name = "finite_scalar"
    title = "Rounded numbers (FSQ)"
    kind: Literal["finite_scalar"] = "finite_scalar"
    codebook_size: Annotated[int, Bounds(ge=64, le=16384)] = 256
    """Number of codes. The app uses the closest of the published grids of levels: 8·8, 8·6·5, 8·8·8, 8·5·5·5, 8·8·6·5,
    7·5·5·5·5 or 8·8·8·6·5."""
    token_target: Annotated[int, Bounds(ge=0, le=4096)] = 0
    """Codes per sample. 0 chooses a number that suits the data (for pictures, a quarter of the side, squared)."""

    @property
    def levels(self) -> tuple[int, ...]:
        """Number of levels of each number of a token."""
        return min(LEVELS, key=lambda levels: abs(math.log(math.prod(levels) / self.codebook_size)))

    def token_count(self, natural: int) -> int:
        return self.token_target or natural

    def build(self, width: int, tokens: int) -> Bottleneck:
        return FiniteScalarQuantizer(width, tokens, self.levels)
