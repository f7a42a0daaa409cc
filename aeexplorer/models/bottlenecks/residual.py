"""Residual vector quantisation: each stage's codebook quantises what the stages before left over (arXiv:2107.03312)."""

from typing import Annotated, Literal, cast

import torch
from pydantic import Field as Bounds
from torch import Tensor, nn

from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code, ProjectedCodes
from aeexplorer.models.codebook import Codebook, pass_through


class ResidualQuantizer(ProjectedCodes):
    """t ≈ e₁ + e₂ + …, where eₛ is the entry of stage s nearest to t − e₁ − … − eₛ₋₁ (Zeghidour et al. 2021).

    The loss is the commitment, β times the squared residuals after each stage. A token's codes stand side by side, and
    those of stage s are numbered from s·K on.
    """

    def __init__(self, width: int, tokens: int, settings: "Residual") -> None:
        super().__init__(width, tokens, settings.code_dim, settings.stages)
        self.settings = settings
        self.books = nn.ModuleList(
            Codebook(settings.codebook_size, settings.code_dim, decay=settings.decay, restart=settings.restart)
            for _ in range(settings.stages)
        )

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        tokens = self.to_code(h).float()  # (B, T, code_dim)
        residual = tokens.flatten(0, 1)
        found, commitment = [], tokens.new_zeros(tokens.shape[0])
        for stage, book in enumerate(self.books):
            indices, entries = book(residual)
            found.append(indices + stage * self.settings.codebook_size)
            residual = residual - entries
            commitment = commitment + residual.view_as(tokens).square().sum((1, 2))
        total = tokens.detach() - residual.detach().view_as(tokens)
        return Code(
            z=self.from_code(pass_through(tokens, total, self.settings.rotation)),
            latent=total.flatten(1),
            losses={"commitment": commitment},
            weights={"commitment": self.settings.commitment},
            indices=torch.stack(found, 1).view(h.shape[0], -1),
        )

    @property
    def entries(self) -> Tensor:
        return torch.cat([cast(Codebook, book).table for book in self.books])

    def expand(self, latent: Tensor) -> Tensor:
        """Points are decoded as they are: sums of entries lie densely, and a sum does not tell which entries it is of."""
        return self.from_code(latent.unflatten(1, (self.tokens, self.code_dim)))


class Residual(BottleneckSettings):
    """Several words per token, each correcting the ones before: small codebooks, many combinations."""

    name = "residual"
    title = "Residual codebooks (RVQ)"
    kind: Literal["residual"] = "residual"
    codebook_size: Annotated[int, Bounds(ge=2, le=4096)] = 64
    """Number of entries of each stage's codebook."""
    stages: Annotated[int, Bounds(ge=1, le=16)] = 4
    """Codebooks, so also codes per token."""
    code_dim: Annotated[int, Bounds(ge=1, le=512)] = 16
    """Length of each entry."""
    token_target: Annotated[int, Bounds(ge=0, le=4096)] = 0
    """Tokens per sample; 0 takes a number that suits the data (a quarter of a picture's side, squared)."""
    commitment: Annotated[float, Bounds(ge=0, le=100)] = 0.25
    """Weight of the commitment loss, which keeps tokens close to the sums of their entries."""
    decay: Annotated[float, Bounds(ge=0, lt=1)] = 0.98
    """Decay of the moving averages that move the entries."""
    restart: Annotated[float, Bounds(ge=0, le=1)] = 0.5
    """An entry hit less often than this share of its fair part per batch is restarted; 0 lets codes die."""
    rotation: bool = False
    """Whether gradients turn with the token on its way to its entries (the rotation trick) instead of passing straight
    through."""

    def token_count(self, natural: int) -> int:
        return self.token_target or natural

    def build(self, width: int, tokens: int) -> Bottleneck:
        return ResidualQuantizer(width, tokens, self)
