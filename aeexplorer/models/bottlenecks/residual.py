"""Residual vector quantisation: each stage quantises the rest of the stages before (Zeghidour et al. 2021, arXiv:2107.03312)."""

from typing import Annotated, Literal, cast

import torch
from pydantic import Field as Bounds
from torch import Tensor, nn

from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code, ProjectedCodes
from aeexplorer.models.codebook import Codebook, pass_through


class ResidualQuantizer(ProjectedCodes):
    """Quantiser with several codebooks: t ≈ e₁ + e₂ + …, where eₛ is the entry of stage s nearest to t − e₁ − … − eₛ₋₁.

    The loss is the commitment in nats per sample: β times the squared residuals after each stage, summed over stages and
    tokens. The codes of a token are next to each other, and the codes of stage s start at s·K.
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
        residual = tokens.flatten(0, 1)  # (B·T, code_dim)
        codes, commitment = [], tokens.new_zeros(tokens.shape[0])
        # quantise the residual, one stage at a time
        for stage, book in enumerate(self.books):
            indices, entries = book(residual)
            codes.append(indices + stage * self.settings.codebook_size)
            residual = residual - entries
            commitment = commitment + residual.view_as(tokens).square().sum((1, 2))
        quantized = tokens.detach() - residual.detach().view_as(tokens)  # sum of the entries, (B, T, code_dim)
        return Code(
            z=self.from_code(pass_through(tokens, quantized, self.settings.rotation)),
            latent=quantized.flatten(1),
            losses={"commitment": commitment},
            weights={"commitment": self.settings.commitment},
            indices=torch.stack(codes, 1).view(h.shape[0], -1),  # (B·T, stages) → (B, T·stages)
        )

    @property
    def entries(self) -> Tensor:
        return torch.cat([cast(Codebook, book).table for book in self.books])

    def expand(self, latent: Tensor) -> Tensor:
        """Decode points as they are: sums of entries are dense, and a sum does not determine its entries."""
        return self.from_code(latent.unflatten(1, (self.tokens, self.code_dim)))


class Residual(BottleneckSettings):
    """Several codes per token, each correcting the ones before: small codebooks, many combinations."""

    name = "residual"
    title = "Residual codebooks (RVQ)"
    kind: Literal["residual"] = "residual"
    codebook_size: Annotated[int, Bounds(ge=2, le=4096)] = 64
    """Number of entries K of each stage's codebook."""
    stages: Annotated[int, Bounds(ge=1, le=16)] = 4
    """Number of codebooks, and therefore of codes per token."""
    code_dim: Annotated[int, Bounds(ge=1, le=512)] = 16
    """Length of each entry."""
    token_target: Annotated[int, Bounds(ge=0, le=4096)] = 0
    """Tokens per sample. 0 chooses a number that suits the data (for pictures, a quarter of the side, squared)."""
    commitment: Annotated[float, Bounds(ge=0, le=100)] = 0.25
    """Weight β of the commitment loss, which keeps tokens close to the sums of their entries."""
    decay: Annotated[float, Bounds(ge=0, lt=1)] = 0.98
    """Decay of the moving averages that the entries follow."""
    restart: Annotated[float, Bounds(ge=0, le=1)] = 0.5
    """Entries that are hit less often than this share of the average are moved to a token of the batch. 0 switches
    restarts off: unused entries stay unused."""
    rotation: bool = False
    """Whether gradients are rotated like the token on its way to its entries (the rotation trick) instead of being copied
    straight through."""

    def token_count(self, natural: int) -> int:
        return self.token_target or natural

    def build(self, width: int, tokens: int) -> Bottleneck:
        return ResidualQuantizer(width, tokens, self)
