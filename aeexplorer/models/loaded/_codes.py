"""Bottlenecks of loaded models, between the loaded encoder and decoder: nothing is projected and nothing is learned."""

from abc import ABC
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from aeexplorer.core.errors import UserError
from aeexplorer.models.bottlenecks.base import Bottleneck, Code, DiscreteBottleneck
from aeexplorer.models.codebook import nearest


class LoadedVector(Bottleneck):
    """A plain vector: the latent is the encoder's output ``(B, 1, d)``, and the decoder's input is the latent.

    Parameters
    ----------
    length
        Length d of the latent.
    """

    def __init__(self, length: int) -> None:
        super().__init__(length, 1, length)

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        return Code(z=h, latent=h.flatten(1))

    def expand(self, latent: Tensor) -> Tensor:
        return latent.unsqueeze(1)

    def statistics(self, code: Code) -> Mapping[str, float | list[float]]:
        """Compute `latent_variance`, the variance of each latent dimension over the split."""
        return {"latent_variance": code.latent.var(0, correction=0).tolist()}


class LoadedCodebook(DiscreteBottleneck, ABC):
    """A codebook of K entries that comes with the model.

    Parameters
    ----------
    width
        Width of the tokens of encoder and decoder.
    tokens
        Number of codes per sample.
    size
        Number of entries K.
    code_dim
        Length of an entry.
    """

    def __init__(self, width: int, tokens: int, size: int, code_dim: int) -> None:
        super().__init__(width, tokens, code_dim)
        self.table = nn.Parameter(torch.zeros(size, code_dim), requires_grad=False)

    @property
    def entries(self) -> Tensor:
        return self.table.detach()

    def expand(self, latent: Tensor) -> Tensor:
        """Quantise points between codes first, so that the decoder only sees entries."""
        return self.lookup(self._nearest(latent).view(len(latent), -1))

    def _nearest(self, points: Tensor) -> Tensor:
        return nearest(points.reshape(-1, self.code_dim), self.entries)


class NearestEntry(LoadedCodebook):
    """A codebook of which each token becomes the nearest entry. Tokens are as long as entries: ``(B, T, code_dim)``."""

    def __init__(self, tokens: int, size: int, code_dim: int) -> None:
        super().__init__(code_dim, tokens, size, code_dim)

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        indices = self._nearest(h).view(len(h), self.tokens)  # (B, T)
        z = self.lookup(indices)  # (B, T, code_dim)
        return Code(z=z, latent=z.flatten(1), indices=indices)

    def lookup(self, indices: Tensor) -> Tensor:
        return self.entries[indices]


class IndexedEntry(LoadedCodebook):
    """A codebook whose indices are what the encoder returns and the decoder takes, as numbers ``(B, T, 1)``."""

    def __init__(self, tokens: int, size: int, code_dim: int) -> None:
        super().__init__(1, tokens, size, code_dim)

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        indices = h.squeeze(2).long()  # (B, T)
        if not ((indices >= 0) & (indices < len(self.entries))).all():
            raise UserError(
                f"the encoder gives codes from {indices.min()} to {indices.max()}, and the table has {len(self.entries)}",
                "Choose an encoder and a decoder that were trained together",
            )
        return Code(z=h, latent=self.entries[indices].flatten(1), indices=indices)

    def lookup(self, indices: Tensor) -> Tensor:
        return indices.unsqueeze(2).float()
