"""Fully connected layers (Hinton & Salakhutdinov 2006, Science 313:504)."""

import math
from itertools import pairwise

from torch import nn

from aeexplorer.modalities.base import Network, NetworkSettings
from aeexplorer.modalities.networks.layers import TiedLinear, ToTokens, nonlinear


def dense(shape: tuple[int, ...], settings: NetworkSettings, tokens: int, read: int | None = None) -> Network:
    """`depth` hidden layers of `hidden` units on either side; tied, the decoder's matrices are the encoder's, transposed.

    Parameters
    ----------
    shape
        Of what the decoder writes, ``(B, *shape)``.
    settings
        Its size, activation, dropout.
    tokens
        T.
    read
        Features that the encoder reads, ``(B, ...)``, the first of which are those that the decoder writes; by default
        no more than those.
    """
    size, hidden = math.prod(shape), settings.hidden
    width = hidden if tokens == 1 else max(16, hidden // 4)
    sizes = [read or size, *[hidden] * (settings.depth - 1), tokens * width]
    down = [nn.Linear(before, after) for before, after in pairwise(sizes)]
    encoder: list[nn.Module] = [nn.Flatten()]
    decoder: list[nn.Module] = [nn.Flatten()]
    for layer in down:
        encoder += [layer, *nonlinear(settings)]
    for layer in reversed(down):
        written = size if layer is down[0] else layer.in_features
        mirror = TiedLinear(layer, written) if settings.tied else nn.Linear(layer.out_features, written)
        decoder += [*nonlinear(settings), mirror]
    return Network(
        encoder=nn.Sequential(*encoder, ToTokens(tokens)),
        decoder=nn.Sequential(*decoder, nn.Unflatten(1, shape)),
        width=width,
    )
