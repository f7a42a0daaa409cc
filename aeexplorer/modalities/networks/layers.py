"""Layers that several networks share."""

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
    """Keep the first `size` features: ``(B, F) → (B, size)``."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return x[:, : self.size]


class TiedLinear(nn.Module):
    """Linear layer with the transposed matrix of another layer and its own bias: ``(..., out) → (..., in)``.

    Parameters
    ----------
    partner
        Layer from `in` to `out` features that owns the matrix.
    features
        Number of the partner's inputs to write, counted from the first; all by default.
    """

    def __init__(self, partner: nn.Linear, features: int | None = None) -> None:
        super().__init__()
        self._partner = (partner,)  # inside a tuple, so that the matrix is not registered as a parameter twice
        self.features = features or partner.in_features
        self.bias = nn.Parameter(partner.weight.new_zeros(self.features))

    @property
    def weight(self) -> Tensor:
        """The transposed matrix of the partner, ``(in, out)``."""
        return self._partner[0].weight[:, : self.features].T

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(x, self.weight, self.bias)


class Residual(nn.Module):
    """Residual block x + conv1(act(conv3(act(norm(x))))), with kernels of size 3 and 1 along every axis.

    Parameters
    ----------
    conv
        ``nn.Conv2d`` or ``nn.Conv3d``.
    channels
        Feature maps of input and output. The layer between has half as many.
    settings
        Activation and dropout.
    """

    def __init__(self, conv: type[nn.Conv2d | nn.Conv3d], channels: int, settings: NetworkSettings) -> None:
        super().__init__()
        half = max(4, channels // 2)
        self.layers = nn.Sequential(
            group_norm(channels),
            *activation_layers(settings),
            conv(channels, half, 3, padding=1),
            *activation_layers(settings),
            conv(half, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


def activation_layers(settings: NetworkSettings) -> list[nn.Module]:
    """Build the activation, followed by dropout if the settings ask for it."""
    return [ACTIVATIONS[settings.activation](), *dropout_layers(settings)]


def dropout_layers(settings: NetworkSettings) -> list[nn.Module]:
    """Build a dropout layer if the settings ask for it; otherwise return no layer."""
    return [nn.Dropout(settings.dropout)] if settings.dropout else []


class GroupNorm(nn.GroupNorm):
    """Group normalisation computed in float32 for any input dtype.

    For bfloat16 in channels-last layout, this is also twice as fast on CPUs.
    """

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.float()).to(x.dtype)


def group_norm(channels: int) -> nn.GroupNorm:
    """Build a normalisation over groups of about eight channels (Wu & He 2018, arXiv:1803.08494)."""
    return GroupNorm(math.gcd(channels, max(1, channels // 8)), channels)


def refuse_tied(settings: NetworkSettings, kind: str) -> None:
    """Raise `UserError` if the settings ask for tied weights, for networks without matching matrices."""
    if settings.tied:
        raise UserError(
            f"a {kind} network has no matrices to tie", "Choose the network dense or linear, or switch tied weights off"
        )
