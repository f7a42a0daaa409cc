"""3-D convolutional networks for videos ``(C, F, H, W)`` of any length and size, counterpart of `convolutional`."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from aeexplorer.modalities.base import Network, NetworkSettings
from aeexplorer.modalities.networks.layers import Residual, ToTokens, activation_layers, refuse_tied

Size = tuple[int, int, int]
"""Frames, height and width."""
_MAX_SMALLEST_VOLUME = 144
"""Frames × height × width at which a video counts as small, for a single token."""


def build_volumetric(shape: tuple[int, ...], settings: NetworkSettings, tokens: int, grid: tuple[int, ...]) -> Network:
    """Build a network that halves a video in time and space until it is small, and doubles it back.

    Tokens and residual blocks are as in `build_convolutional`. Kernels are 4×4 in space. In time, they cover 2 frames
    where time is halved and 3 where it is not (3-D convolutions over videos: Tran et al. 2015, arXiv:1412.0767). There are
    half as many feature maps as for pictures.

    Raises
    ------
    UserError
        If the settings ask for tied weights.
    """
    refuse_tied(settings, "convolutional")
    sizes = _halvings(_as_size(shape[1:]), None if tokens == 1 else _as_size(grid))
    first = max(4, settings.channels // 2)
    maps = [shape[0], *(first * min(2**i, 4) for i in range(max(1, len(sizes) - 1)))]  # per size, the input first
    # encoder and decoder, one level at a time
    encoder: list[nn.Module] = []
    decoder: list[nn.Module] = []
    if len(sizes) == 1:
        encoder += [nn.Conv3d(maps[0], maps[1], 3, padding=1), *activation_layers(settings)]
        decoder += [nn.Conv3d(maps[1], maps[0], 3, padding=1)]
    for i in range(len(sizes) - 1):
        encoder += [_Down(maps[i], maps[i + 1], sizes[i], sizes[i + 1]), *activation_layers(settings)]
        activation = activation_layers(settings) if i else []  # none at the output
        decoder = [_Up(maps[i + 1], maps[i], sizes[i + 1], sizes[i]), *activation, *decoder]
    # residual blocks at the smallest size
    top, smallest = maps[-1], sizes[-1]
    down = [Residual(nn.Conv3d, top, settings) for _ in range(settings.depth - 2 * (tokens == 1))]
    up = [Residual(nn.Conv3d, top, settings) for _ in down]
    if tokens == 1:
        flat, hidden = top * math.prod(smallest), settings.hidden
        return Network(
            encoder=nn.Sequential(
                *encoder, *down, nn.Flatten(), nn.Linear(flat, hidden), *activation_layers(settings), ToTokens(1)
            ),
            decoder=nn.Sequential(
                nn.Flatten(),
                *activation_layers(settings),
                nn.Linear(hidden, flat),
                *activation_layers(settings),
                nn.Unflatten(1, (top, *smallest)),
                *up,
                *decoder,
            ),
            width=hidden,
        )
    return Network(
        encoder=nn.Sequential(*encoder, *down, *activation_layers(settings), _Resize(_as_size(grid)), nn.Flatten(2), _SwapAxes()),
        decoder=nn.Sequential(
            _SwapAxes(),
            nn.Unflatten(2, grid),
            _Resize(smallest),
            nn.Conv3d(top, top, 3, padding=1),
            *up,
            *activation_layers(settings),
            *decoder,
        ),
        width=top,
    )


def _halvings(size: Size, grid: Size | None) -> list[Size]:
    """Return the sizes of the video from full size down, each axis half of the one before (rounded up).

    With a grid, each axis is halved as long as it still covers the grid. Without, all axes are halved at least once and
    until at most `_MAX_SMALLEST_VOLUME` positions are left.
    """
    sizes = [size]
    while True:
        half = _as_size(math.ceil(side / 2) for side in sizes[-1])
        if grid is None:
            done = len(sizes) > 1 and math.prod(sizes[-1]) <= _MAX_SMALLEST_VOLUME
        else:
            half = _as_size(h if h >= g else side for h, side, g in zip(half, sizes[-1], grid, strict=True))
            done = False
        if done or half == sizes[-1]:
            return sizes
        sizes.append(half)


def _as_size(sides: Iterable[int]) -> Size:
    frames, height, width = sides
    return frames, height, width


def _kernel(large: Size, small: Size) -> tuple[Size, Size, Size]:
    """Return kernel, stride and padding of a convolution from the size `large`, made even where halved, to `small`."""
    halved = [a != b for a, b in zip(large, small, strict=True)]
    kernel = _as_size((2 if axis == 0 else 4) if half else 3 for axis, half in enumerate(halved))
    stride = _as_size(2 if half else 1 for half in halved)
    return kernel, stride, _as_size((k - 1) // 2 for k in kernel)


class _Down(nn.Module):
    """Strided convolution. Sides that are odd and halved are first made even by repeating their last position."""

    def __init__(self, channels_in: int, channels_out: int, large: Size, small: Size) -> None:
        super().__init__()
        kernel, stride, padding = _kernel(large, small)
        self.conv = nn.Conv3d(channels_in, channels_out, kernel, stride, padding)
        odd = [(0, side % 2 if step == 2 else 0) for side, step in zip(large, stride, strict=True)]
        self.padding = [amount for pair in reversed(odd) for amount in pair]

    def forward(self, x: Tensor) -> Tensor:
        if any(self.padding):
            x = nn.functional.pad(x, self.padding, mode="replicate")
        return self.conv(x)


class _Up(nn.Module):
    """Transposed counterpart of `_Down`, cropped to the exact size. The bias is added separately, which trains faster."""

    def __init__(self, channels_in: int, channels_out: int, small: Size, large: Size) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose3d(channels_in, channels_out, *_kernel(large, small), bias=False)
        self.bias = nn.Parameter(torch.zeros(channels_out))
        self.size = large

    def forward(self, x: Tensor) -> Tensor:
        frames, height, width = self.size
        y: Tensor = self.conv(x)
        return (y + self.bias.to(y.dtype)[:, None, None, None])[:, :, :frames, :height, :width]


class _Resize(nn.Module):
    """Resize feature maps to an exact size by volume averaging; do nothing if they already have that size."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return x if x.shape[2:] == self.size else nn.functional.adaptive_avg_pool3d(x, self.size)


class _SwapAxes(nn.Module):
    """``(B, C, T) → (B, T, C)``, and back."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2)
