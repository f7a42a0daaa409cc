"""Networks without layers: the projections of the bottleneck are the whole model, as in PCA (Baldi & Hornik 1989)."""

import math

from torch import nn

from aeexplorer.modalities.base import Network, NetworkSettings
from aeexplorer.modalities.networks.layers import ToTokens, Trim, dropout_layers


def build_linear(shape: tuple[int, ...], settings: NetworkSettings, tokens: int) -> Network:
    """Build a network that cuts the flat input into `tokens` equal pieces, and joins them again.

    The input is padded with zeros to a multiple of `tokens`. Dropout acts on the input features.
    """
    size = math.prod(shape)
    width = math.ceil(size / tokens)
    pad = nn.ConstantPad1d((0, width * tokens - size), 0.0)
    return Network(
        encoder=nn.Sequential(nn.Flatten(), *dropout_layers(settings), pad, ToTokens(tokens)),
        decoder=nn.Sequential(nn.Flatten(), Trim(size), nn.Unflatten(1, shape)),
        width=width,
    )
