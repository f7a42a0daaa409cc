"""What lies between the encoder and the decoder of a model from elsewhere: nothing is projected, nothing is learned."""

from abc import ABC
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from aeexplorer.core.errors import UserError
from aeexplorer.models.bottlenecks.base import Bottleneck, Code, DiscreteBottleneck
from aeexplorer.models.codebook import nearest


class GivenVector(Bottleneck):
    """The latent is what the encoder puts out, ``(B, 1, d)``, and the decoder's input is the latent."""

    def __init__(self, length: int) -> None:
        super().__init__(length, 1, length)

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        return Code(z=h, latent=h.flatten(1))

    def expand(self, latent: Tensor) -> Tensor:
        return latent.unsqueeze(1)

    def statistics(self, code: Code) -> Mapping[str, float | list[float]]:
        """`latent_variance`: variance of each latent dimension over the split."""
        return {"latent_variance": code.latent.var(0, correction=0).tolist()}


class GivenCodebook(DiscreteBottleneck, ABC):
    """A table of K entries that comes with the model.

    Parameters
    ----------
    width
        Width of the encoder's and decoder's tokens.
    tokens
        Codes of a sample.
    size, code_dim
        K and the length of an entry.
    """

    def __init__(self, width: int, tokens: int, size: int, code_dim: int) -> None:
        super().__init__(width, tokens, code_dim)
        self.table = nn.Parameter(torch.zeros(size, code_dim), requires_grad=False)

    @property
    def entries(self) -> Tensor:
        return self.table.detach()

    def expand(self, latent: Tensor) -> Tensor:
        """Points between codes are quantised first: the decoder only ever sees entries."""
        return self.lookup(self._nearest(latent).view(len(latent), -1))

    def _nearest(self, points: Tensor) -> Tensor:
        return nearest(points.reshape(-1, self.code_dim), self.entries)


class NearestEntry(GivenCodebook):
    """Each token becomes the entry nearest to it; encoder and decoder have tokens of the length of an entry."""

    def __init__(self, tokens: int, size: int, code_dim: int) -> None:
        super().__init__(code_dim, tokens, size, code_dim)

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        indices = self._nearest(h).view(len(h), self.tokens)
        z = self.lookup(indices)
        return Code(z=z, latent=z.flatten(1), indices=indices)

    def lookup(self, indices: Tensor) -> Tensor:
        return self.entries[indices]


class NumberedEntry(GivenCodebook):
    """The encoder's tokens ``(B, T, 1)`` are the numbers of entries, and so is what the decoder takes."""

    def __init__(self, tokens: int, size: int, code_dim: int) -> None:
        super().__init__(1, tokens, size, code_dim)

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        indices = h.squeeze(2).long()
        if not ((indices >= 0) & (indices < len(self.entries))).all():
            raise UserError(
                f"the encoder gives codes from {indices.min()} to {indices.max()}, and the table has {len(self.entries)}",
                "Choose an encoder and a decoder that were trained together",
            )
        return Code(z=h, latent=self.entries[indices].flatten(1), indices=indices)

    def lookup(self, indices: Tensor) -> Tensor:
        return indices.unsqueeze(2).float()
