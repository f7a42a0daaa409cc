"""No layer of its own: the bottleneck's projections are the whole model, as in PCA (Baldi & Hornik 1989)."""

import math

from torch import nn

from aeexplorer.modalities.base import Network, NetworkSettings
from aeexplorer.modalities.networks.layers import ToTokens, Trim, dropout


def linear(shape: tuple[int, ...], settings: NetworkSettings, tokens: int) -> Network:
    """The flat input cut into `tokens` equal pieces, padded with zeros to a multiple; dropout is of the features."""
    size = math.prod(shape)
    width = math.ceil(size / tokens)
    pad = nn.ConstantPad1d((0, width * tokens - size), 0.0)
    return Network(
        encoder=nn.Sequential(nn.Flatten(), *dropout(settings), pad, ToTokens(tokens)),
        decoder=nn.Sequential(nn.Flatten(), Trim(size), nn.Unflatten(1, shape)),
        width=width,
    )
