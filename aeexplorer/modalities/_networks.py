"""Networks that several modalities share: linear and dense, over flat inputs."""

import math

from torch import Tensor, nn

from aeexplorer.modalities.base import Network, NetworkSettings

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


class ToTokens(nn.Module):
    """``(B, T·width) → (B, T, width)``."""

    def __init__(self, tokens: int) -> None:
        super().__init__()
        self.tokens = tokens

    def forward(self, x: Tensor) -> Tensor:
        return x.unflatten(1, (self.tokens, -1))


def linear(shape: tuple[int, ...], tokens: int) -> Network:
    """No layer of its own: the bottleneck's projections are the whole model, as in PCA (Baldi & Hornik 1989).

    The flat input is cut into `tokens` equal pieces, padded with zeros to a multiple.
    """
    size = math.prod(shape)
    width = math.ceil(size / tokens)
    pad = nn.ConstantPad1d((0, width * tokens - size), 0.0)
    return Network(
        encoder=nn.Sequential(nn.Flatten(), pad, ToTokens(tokens)),
        decoder=nn.Sequential(nn.Flatten(), _Trim(size), nn.Unflatten(1, shape)),
        width=width,
    )


class _Trim(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return x[:, : self.size]


def dense(shape: tuple[int, ...], settings: NetworkSettings, tokens: int) -> Network:
    """`depth` hidden layers of `hidden` units on either side."""
    size, hidden, act = math.prod(shape), settings.hidden, ACTIVATIONS[settings.activation]
    width = hidden if tokens == 1 else max(16, hidden // 4)
    encoder: list[nn.Module] = [nn.Flatten()]
    decoder: list[nn.Module] = [nn.Flatten(), act()]
    for i in range(settings.depth):
        last = i == settings.depth - 1
        encoder += [nn.Linear(size if i == 0 else hidden, tokens * width if last else hidden), act()]
        decoder += [nn.Linear(tokens * width if i == 0 else hidden, size if last else hidden)]
        if not last:
            decoder += [act()]
    return Network(
        encoder=nn.Sequential(*encoder, ToTokens(tokens)),
        decoder=nn.Sequential(*decoder, nn.Unflatten(1, shape)),
        width=width,
    )
