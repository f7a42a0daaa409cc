"""Vector quantisation: each token becomes the nearest entry of a learned codebook (VQ-VAE, arXiv:1711.00937)."""

from typing import Annotated, Literal

from pydantic import Field as Bounds
from torch import Tensor
from torch.nn import functional

from aeexplorer.core.settings import Above, When
from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code, ProjectedCodes
from aeexplorer.models.codebook import Codebook, nearest, pass_through


class VectorQuantizer(ProjectedCodes):
    """Nearest entry e of the codebook for each token t, with the gradient passed through.

    The losses are the commitment β·Σ‖t − sg(e)‖² and, where the codebook learns by a loss, Σ‖sg(t) − e‖².
    """

    def __init__(self, width: int, tokens: int, settings: "VectorQuantized") -> None:
        super().__init__(width, tokens, settings.code_dim)
        self.settings = settings
        self.book = Codebook(
            settings.codebook_size,
            settings.code_dim,
            update=settings.update,
            start=settings.start,
            decay=settings.decay,
            restart=settings.restart,
            cosine=settings.cosine,
        )

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        tokens = self._tokens(self.to_code(h).float())  # (B, T, code_dim)
        indices, entries = self.book(tokens.flatten(0, 1))
        entries = entries.view_as(tokens)
        losses = {"commitment": (tokens - entries.detach()).square().sum((1, 2))}
        if not self.book.follows:
            losses["codebook"] = (tokens.detach() - entries).square().sum((1, 2))
        return Code(
            z=self.from_code(pass_through(tokens, entries, self.settings.rotation)),
            latent=entries.detach().flatten(1),
            losses=losses,
            weights={"commitment": self.settings.commitment},
            indices=indices.view(tokens.shape[:2]),
        )

    @property
    def entries(self) -> Tensor:
        return self.book.table.detach()

    def expand(self, latent: Tensor) -> Tensor:
        """Points between codes are quantised first: the decoder only ever sees entries."""
        points = self._tokens(latent.reshape(-1, self.code_dim))
        return self.lookup(nearest(points, self.entries).view(len(latent), -1))

    def _tokens(self, points: Tensor) -> Tensor:
        return functional.normalize(points, dim=-1) if self.settings.cosine else points


class VectorQuantized(BottleneckSettings):
    """Words from a learned vocabulary instead of numbers: the code of a VQ-VAE.

    As first published its codebook learns by a loss from a random start, and most entries die. Moving averages, a start
    by k-means and restarts each keep more of them alive; all three are on unless switched off.
    """

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
    update: Literal["ema", "loss"] = "ema"
    """How entries learn: as moving averages of their tokens, or by a loss like all other weights."""
    start: Literal["kmeans", "random"] = "kmeans"
    """Where entries begin: at the clusters of the first batch (k-means), or at random."""
    decay: Annotated[float, Bounds(ge=0, lt=1), When({"update": ("ema",)}), When({"restart": Above(0)})] = 0.98
    """Decay of the moving averages: of the entries, and of how often each is hit."""
    restart: Annotated[float, Bounds(ge=0, le=1)] = 0.5
    """An entry hit less often than this share of its fair part per batch is restarted; 0 lets codes die."""
    cosine: bool = False
    """Whether tokens and entries have unit length, so that the nearest is the one at the smallest angle (Yu et al.
    2022, arXiv:2110.04627)."""
    rotation: bool = False
    """Whether gradients turn with the token on its way to its entry (the rotation trick) instead of passing straight
    through."""

    def token_count(self, natural: int) -> int:
        return self.token_target or natural

    def build(self, width: int, tokens: int) -> Bottleneck:
        return VectorQuantizer(width, tokens, self)
