"""Layers and shapes that several networks share."""

import math

from torch import Tensor, nn

from aeexplorer.core.errors import UserError
from aeexplorer.modalities.base import NetworkSettings

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "identity": nn.Identity,
}


class ToTokens(nn.Module):
    """``(B, T·width) → (B, T, width)``."""

    def __init__(self, tokens: int) -> None:
        super().__init__()
        self.tokens = tokens

    def forward(self, x: Tensor) -> Tensor:
        return x.unflatten(1, (self.tokens, -1))


class Trim(nn.Module):
    """The first so many features: ``(B, F) → (B, size)``."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return x[:, : self.size]


class TiedLinear(nn.Module):
    """``(..., out) → (..., in)`` by the transposed matrix of a `nn.Linear` from `in` to `out`, with a bias of its own.

    Parameters
    ----------
    partner
        Whose matrix it is; the parameter stays there.
    features
        How many of the partner's inputs are written, the first ones; all where not given.
    """

    def __init__(self, partner: nn.Linear, features: int | None = None) -> None:
        super().__init__()
        self._partner = (partner,)  # in a tuple, so that the matrix is no parameter of this module too
        self.features = features or partner.in_features
        self.bias = nn.Parameter(partner.weight.new_zeros(self.features))

    @property
    def weight(self) -> Tensor:
        """``(in, out)``."""
        return self._partner[0].weight[:, : self.features].T

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(x, self.weight, self.bias)


class Residual(nn.Module):
    """x + conv1(act(conv3(act(norm(x))))), with kernels one and three places wide in every axis.

    Parameters
    ----------
    conv
        ``nn.Conv2d`` or ``nn.Conv3d``.
    channels, settings
        Feature maps before and after; half as many lie between.
    """

    def __init__(self, conv: type[nn.Conv2d | nn.Conv3d], channels: int, settings: NetworkSettings) -> None:
        super().__init__()
        half = max(4, channels // 2)
        self.layers = nn.Sequential(
            group_norm(channels),
            *nonlinear(settings),
            conv(channels, half, 3, padding=1),
            *nonlinear(settings),
            conv(half, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


def nonlinear(settings: NetworkSettings) -> list[nn.Module]:
    """The activation, and dropout after it where the settings ask for some."""
    return [ACTIVATIONS[settings.activation](), *dropout(settings)]


def dropout(settings: NetworkSettings) -> list[nn.Module]:
    """Dropout where the settings ask for some."""
    return [nn.Dropout(settings.dropout)] if settings.dropout else []


class GroupNorm(nn.GroupNorm):
    """In float32 whatever the numbers of its input, which for bfloat16 with channels last is also twice as fast on processors."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.float()).to(x.dtype)


def group_norm(channels: int) -> nn.GroupNorm:
    """Groups of eight channels or so (Wu & He 2018, arXiv:1803.08494)."""
    return GroupNorm(math.gcd(channels, max(1, channels // 8)), channels)


def refuse_tied(settings: NetworkSettings, kind: str) -> None:
    """Raise `UserError` where tied weights are asked of a network that has no matching matrices."""
    if settings.tied:
        raise UserError(
            f"a {kind} network has no matrices to tie", "Choose the network dense or linear, or switch tied weights off"
        )
