"""A codebook that moves as a whole: fixed random entries under a learned map (SimVQ, Zhu et al. 2024, arXiv:2411.02038)."""

from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor, nn

from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code, ProjectedCodes
from aeexplorer.models.codebook import nearest, pass_through


class SimQuantizer(ProjectedCodes):
    """Quantiser with the entries e = C·W, where C is drawn once from N(0, I/d) and W is learned.

    Every gradient of W moves all entries, so no entry is left behind. The losses in nats per sample are the codebook loss
    Σ‖sg(t) − e‖² and the commitment β·Σ‖t − sg(e)‖², summed over tokens t (sg stops the gradient).
    """

    fixed: Tensor

    def __init__(self, width: int, tokens: int, settings: "SimVQ") -> None:
        super().__init__(width, tokens, settings.code_dim)
        self.settings = settings
        self.register_buffer("fixed", torch.randn(settings.codebook_size, settings.code_dim) / settings.code_dim**0.5)
        self.transform = nn.Linear(settings.code_dim, settings.code_dim, bias=False)

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        tokens = self.to_code(h).float()  # (B, T, code_dim)
        # find the nearest entries
        table = self.transform(self.fixed).float()  # (K, code_dim)
        indices = nearest(tokens.detach().flatten(0, 1), table.detach())  # (B·T,)
        entries = table[indices].view_as(tokens)  # (B, T, code_dim)
        return Code(
            z=self.from_code(pass_through(tokens, entries, self.settings.rotation)),
            latent=entries.detach().flatten(1),
            losses={
                "codebook": (tokens.detach() - entries).square().sum((1, 2)),
                "commitment": (tokens - entries.detach()).square().sum((1, 2)),
            },
            weights={"commitment": self.settings.commitment},
            indices=indices.view(tokens.shape[:2]),
        )

    @property
    def entries(self) -> Tensor:
        return self.transform(self.fixed).detach()

    def expand(self, latent: Tensor) -> Tensor:
        """Quantise points between codes first, so that the decoder only sees entries."""
        return self.lookup(nearest(latent.reshape(-1, self.code_dim), self.entries).view(len(latent), -1))


class SimVQ(BottleneckSettings):
    """A codebook whose entries all move together, so none is left behind: no averages, k-means or restarts are needed."""

    name = "sim_vq"
    title = "Linear codebook (SimVQ)"
    kind: Literal["sim_vq"] = "sim_vq"
    codebook_size: Annotated[int, Bounds(ge=2, le=16384)] = 256
    """Number of entries K of the codebook."""
    code_dim: Annotated[int, Bounds(ge=1, le=512)] = 16
    """Length of each entry."""
    token_target: Annotated[int, Bounds(ge=0, le=4096)] = 0
    """Codes per sample. 0 chooses a number that suits the data (for pictures, a quarter of the side, squared)."""
    commitment: Annotated[float, Bounds(ge=0, le=100)] = 0.25
    """Weight β of the commitment loss, which keeps tokens close to their entries."""
    rotation: bool = False
    """Whether gradients are rotated like the token on its way to its entry (the rotation trick) instead of being copied
    straight through."""

    def token_count(self, natural: int) -> int:
        return self.token_target or natural

    def build(self, width: int, tokens: int) -> Bottleneck:
        return SimQuantizer(width, tokens, self)
