"""Vector quantisation: each token becomes the nearest entry of a learned codebook (VQ-VAE, arXiv:1711.00937)."""

from collections.abc import Mapping
from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor, nn

from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code, DiscreteBottleneck


class VectorQuantizer(DiscreteBottleneck):
    """Nearest codebook entry with a straight-through gradient; the codebook follows by exponential moving averages.

    The loss is the commitment β·Σ‖token − entry‖². The codebook starts from k-means over the first tokens seen, and an
    entry that is hit less often than half its share of the tokens per batch is put onto a token of the batch
    (as in Jukebox, Dhariwal et al. 2020, arXiv:2005.00341).

    The latent of a sample is its entries laid end to end, ``(B, T·code_dim)``.
    """

    codebook: Tensor
    hits: Tensor
    sums: Tensor
    ready: Tensor

    def __init__(self, width: int, tokens: int, settings: "VectorQuantized") -> None:
        super().__init__(width, tokens, tokens * settings.code_dim)
        self.settings = settings
        self.to_code = nn.Linear(width, settings.code_dim)
        self.from_code = nn.Linear(settings.code_dim, width)
        self.register_buffer("codebook", torch.randn(settings.codebook_size, settings.code_dim))
        self.register_buffer("hits", torch.ones(settings.codebook_size))
        self.register_buffer("sums", self.codebook.clone())
        self.register_buffer("ready", torch.tensor(False))

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        tokens = self.to_code(h).float()  # (B, T, code_dim)
        flat = tokens.detach().flatten(0, 1)
        if self.training and not self.ready:
            self._start(flat)
        indices = nearest(flat, self.codebook)
        entries = self.codebook[indices].view_as(tokens)
        commitment = (tokens - entries).square().sum((1, 2))
        if self.training:
            self._follow(flat, indices)
        quantized = tokens + (entries - tokens).detach()
        return Code(
            z=self.from_code(quantized),
            latent=entries.flatten(1),
            losses={"commitment": commitment},
            weights={"commitment": self.settings.commitment},
            indices=indices.view(tokens.shape[:2]),
        )

    def expand(self, latent: Tensor) -> Tensor:
        """Points between codes are quantised first: the decoder only ever sees entries."""
        return self.lookup(nearest(latent.reshape(-1, self.settings.code_dim), self.codebook).view(-1, self.tokens))

    @property
    def entries(self) -> Tensor:
        return self.codebook

    def lookup(self, indices: Tensor) -> Tensor:
        return self.from_code(self.codebook[indices])

    def statistics(self, code: Code) -> Mapping[str, float | list[float]]:
        """`codebook_usage` (share of entries used), `perplexity` (exp of the usage entropy) and `usage` (counts)."""
        assert code.indices is not None
        counts = torch.bincount(code.indices.flatten(), minlength=self.settings.codebook_size).double()
        share = counts / counts.sum()
        return {
            "codebook_usage": float((counts > 0).double().mean()),
            "perplexity": float(torch.exp(torch.special.entr(share).sum())),
            "usage": counts.tolist(),
        }

    @torch.no_grad()
    def _start(self, flat: Tensor) -> None:
        """k-means (ten Lloyd steps) over the tokens of the first batch."""
        size = self.settings.codebook_size
        count = len(flat)
        drawn = torch.randint(count, (size,)) if count < size else torch.randperm(count)[:size]
        centres = flat[drawn.to(flat.device)]
        for _ in range(10):
            assigned = nearest(flat, centres)
            sums, counts = _totals(flat, assigned, size)
            centres = torch.where(counts[:, None] > 0, sums / counts.clamp_min(1)[:, None], centres)
        _, counts = _totals(flat, nearest(flat, centres), size)
        self.codebook.copy_(centres)
        self.hits.copy_(counts.clamp_min(1.0))
        self.sums.copy_(centres * self.hits[:, None])
        self.ready.fill_(True)

    @torch.no_grad()
    def _follow(self, flat: Tensor, indices: Tensor) -> None:
        decay, size = self.settings.decay, self.settings.codebook_size
        sums, counts = _totals(flat, indices, size)
        self.hits.lerp_(counts, 1 - decay)
        self.sums.lerp_(sums, 1 - decay)
        alive = self.hits > 1e-3  # below that the average is of nothing: the entry stays where it was
        self.codebook[alive] = self.sums[alive] / self.hits[alive, None]
        fair = len(flat) / size
        dead = self.hits < self.settings.restart * fair
        if self.settings.restart > 0 and dead.any():
            count = int(dead.sum())
            fresh = flat[torch.randint(len(flat), (count,), device=flat.device)]
            self.codebook[dead] = fresh
            self.hits[dead] = fair
            self.sums[dead] = fresh * fair


def nearest(points: Tensor, centres: Tensor) -> Tensor:
    """Index of the nearest centre by Euclidean distance: ``(N, d), (K, d) → (N,)``."""
    return (centres.square().sum(1) - 2 * points @ centres.T).argmin(1)


def _totals(flat: Tensor, indices: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Sum of the points and their number at each index: ``(K, d)`` and ``(K,)``."""
    sums = torch.zeros(size, flat.shape[1], device=flat.device).index_add_(0, indices, flat)
    return sums, torch.bincount(indices, minlength=size).to(flat.dtype)


class VectorQuantized(BottleneckSettings):
    """Words from a learned vocabulary instead of numbers: the code of a VQ-VAE."""

    name = "vector_quantized"
    title = "Codebook (VQ-VAE)"
    kind: Literal["vector_quantized"] = "vector_quantized"
    codebook_size: Annotated[int, Bounds(ge=2, le=16384)] = 256
    """Number of entries K of the codebook."""
    code_dim: Annotated[int, Bounds(ge=1, le=512)] = 16
    """Length of each entry."""
    token_target: Annotated[int, Bounds(ge=0, le=4096)] = 0
    """Codes per sample; 0 takes a number that suits the data (a quarter of a picture's side, squared)."""
    commitment: Annotated[float, Bounds(ge=0, le=100)] = 0.25
    """Weight of the commitment loss, which keeps tokens close to their entries."""
    decay: Annotated[float, Bounds(ge=0, lt=1)] = 0.98
    """Decay of the moving averages that move the entries."""
    restart: Annotated[float, Bounds(ge=0, le=1)] = 0.5
    """An entry hit less often than this share of its fair part per batch is restarted; 0 lets codes die."""

    def token_count(self, natural: int) -> int:
        return self.token_target or natural

    def build(self, width: int, tokens: int) -> Bottleneck:
        return VectorQuantizer(width, tokens, self)
