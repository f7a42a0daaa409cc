"""Vector quantisation: each token becomes the nearest codebook entry (VQ-VAE, van den Oord et al. 2017, arXiv:1711.00937)."""

from typing import Annotated, Literal

from pydantic import Field as Bounds
from torch import Tensor
from torch.nn import functional

from aeexplorer.core.settings import GreaterThan, When
from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code, ProjectedCodes
from aeexplorer.models.codebook import Codebook, nearest, pass_through


class VectorQuantizer(ProjectedCodes):
    """Quantiser that replaces each token t with the nearest entry e of a codebook, and passes the gradient through.

    The losses in nats per sample are the commitment β·Σ‖t − sg(e)‖² and, if the codebook learns by a loss, the codebook
    loss Σ‖sg(t) − e‖², summed over tokens (sg stops the gradient).
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
        tokens = self._normalise(self.to_code(h).float())  # (B, T, code_dim)
        # find the nearest entries and update the codebook
        indices, entries = self.book(tokens.flatten(0, 1))  # (B·T,), (B·T, code_dim)
        entries = entries.view_as(tokens)  # (B, T, code_dim)
        # losses
        losses = {"commitment": (tokens - entries.detach()).square().sum((1, 2))}
        if not self.book.uses_averages:
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
        """Quantise points between codes first, so that the decoder only sees entries."""
        points = self._normalise(latent.reshape(-1, self.code_dim))  # (B·T, code_dim)
        return self.lookup(nearest(points, self.entries).view(len(latent), -1))

    def _normalise(self, points: Tensor) -> Tensor:
        return functional.normalize(points, dim=-1) if self.settings.cosine else points


class VectorQuantized(BottleneckSettings):
    """Entries of a learned codebook instead of numbers: the code of a VQ-VAE.

    In the first publication, the codebook learned by a loss from a random start, and most entries fell out of use. Moving
    averages, a start by k-means and restarts each keep more entries in use. All three are on by default.
    """

    name = "vector_quantized"
    title = "Codebook (VQ-VAE)"
    kind: Literal["vector_quantized"] = "vector_quantized"
    codebook_size: Annotated[int, Bounds(ge=2, le=16384)] = 256
    """Number of entries K of the codebook."""
    code_dim: Annotated[int, Bounds(ge=1, le=512)] = 16
    """Length of each entry."""
    token_target: Annotated[int, Bounds(ge=0, le=4096)] = 0
    """Codes per sample. 0 chooses a number that suits the data (for pictures, a quarter of the side, squared)."""
    commitment: Annotated[float, Bounds(ge=0, le=100)] = 0.25
    """Weight β of the commitment loss, which keeps tokens close to their entries."""
    update: Literal["ema", "loss"] = "ema"
    """How entries learn: as moving averages of their tokens (ema), or by a loss like all other weights (loss)."""
    start: Literal["kmeans", "random"] = "kmeans"
    """Where entries start: at the clusters of the first batch (kmeans), or at random points (random)."""
    decay: Annotated[float, Bounds(ge=0, lt=1), When({"update": ("ema",)}), When({"restart": GreaterThan(0)})] = 0.98
    """Decay of the moving averages: of the entries, and of how often each entry is hit."""
    restart: Annotated[float, Bounds(ge=0, le=1)] = 0.5
    """Entries that are hit less often than this share of the average are moved to a token of the batch. 0 switches
    restarts off: unused entries stay unused."""
    cosine: bool = False
    """Whether tokens and entries have unit length, so that the nearest entry is the one at the smallest angle (Yu et al.
    2022, arXiv:2110.04627)."""
    rotation: bool = False
    """Whether gradients are rotated like the token on its way to its entry (the rotation trick) instead of being copied
    straight through."""

    def token_count(self, natural: int) -> int:
        return self.token_target or natural

    def build(self, width: int, tokens: int) -> Bottleneck:
        return VectorQuantizer(width, tokens, self)
