"""Fully connected networks (Hinton & Salakhutdinov 2006, Science 313:504)."""

import math
from itertools import pairwise

from torch import nn

from aeexplorer.modalities.base import Network, NetworkSettings
from aeexplorer.modalities.networks.layers import TiedLinear, ToTokens, activation_layers


def build_dense(shape: tuple[int, ...], settings: NetworkSettings, tokens: int, input_size: int | None = None) -> Network:
    """Build an encoder and a decoder of `depth` layers each, with `hidden` units per hidden layer.

    With tied weights, the decoder's matrices are the transposed matrices of the encoder.

    Parameters
    ----------
    shape
        Shape of one sample that the decoder writes.
    settings
        Size, activation, dropout and whether weights are tied.
    tokens
        Number of tokens T.
    input_size
        Number of features that the encoder reads. The first of them are those that the decoder writes; by default, the
        encoder reads no others.
    """
    output_size, hidden = math.prod(shape), settings.hidden
    width = hidden if tokens == 1 else max(16, hidden // 4)
    sizes = [input_size or output_size, *[hidden] * (settings.depth - 1), tokens * width]
    down = [nn.Linear(features_in, features_out) for features_in, features_out in pairwise(sizes)]
    encoder: list[nn.Module] = [nn.Flatten()]
    decoder: list[nn.Module] = [nn.Flatten()]
    for layer in down:
        encoder += [layer, *activation_layers(settings)]
    for layer in reversed(down):
        features_out = output_size if layer is down[0] else layer.in_features
        mirror = TiedLinear(layer, features_out) if settings.tied else nn.Linear(layer.out_features, features_out)
        decoder += [*activation_layers(settings), mirror]
    return Network(
        encoder=nn.Sequential(*encoder, ToTokens(tokens)),
        decoder=nn.Sequential(*decoder, nn.Unflatten(1, shape)),
        width=width,
    )
