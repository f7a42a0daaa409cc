"""Strided 3-D convolutions down and transposed ones up, for videos ``(C, F, H, W)`` of any length, size and channels."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from aeexplorer.modalities.base import Network, NetworkSettings
from aeexplorer.modalities.networks.layers import Residual, ToTokens, nonlinear, refuse_tied

Size = tuple[int, int, int]
"""Frames, height and width."""
_SMALL = 144


def volumetric(shape: tuple[int, ...], settings: NetworkSettings, tokens: int, grid: tuple[int, ...]) -> Network:
    """Halve a video in time and space until it is small, and back; tokens and residual blocks as in `convolutional`.

    Kernels are 4×4 in space and 2 in time where that is halved, 3 in time where it is not (3-D convolutions over videos: Tran
    et al. 2015, arXiv:1412.0767). There are half as many feature maps as for pictures.

    Raises
    ------
    UserError
        For tied weights.
    """
    refuse_tied(settings, "convolutional")
    sizes = _halvings(_size(shape[1:]), None if tokens == 1 else _size(grid))
    first = max(4, settings.channels // 2)
    counts = [shape[0], *(first * min(2**i, 4) for i in range(max(1, len(sizes) - 1)))]
    encoder: list[nn.Module] = []
    decoder: list[nn.Module] = []
    if len(sizes) == 1:
        encoder += [nn.Conv3d(counts[0], counts[1], 3, padding=1), *nonlinear(settings)]
        decoder += [nn.Conv3d(counts[1], counts[0], 3, padding=1)]
    for i in range(len(sizes) - 1):
        encoder += [_Down(counts[i], counts[i + 1], sizes[i], sizes[i + 1]), *nonlinear(settings)]
        after = nonlinear(settings) if i else []
        decoder = [_Up(counts[i + 1], counts[i], sizes[i + 1], sizes[i]), *after, *decoder]
    top, last = counts[-1], sizes[-1]
    down = [Residual(nn.Conv3d, top, settings) for _ in range(settings.depth - 2 * (tokens == 1))]
    up = [Residual(nn.Conv3d, top, settings) for _ in down]
    if tokens == 1:
        flat, hidden = top * math.prod(last), settings.hidden
        return Network(
            encoder=nn.Sequential(*encoder, *down, nn.Flatten(), nn.Linear(flat, hidden), *nonlinear(settings), ToTokens(1)),
            decoder=nn.Sequential(
                nn.Flatten(),
                *nonlinear(settings),
                nn.Linear(hidden, flat),
                *nonlinear(settings),
                nn.Unflatten(1, (top, *last)),
                *up,
                *decoder,
            ),
            width=hidden,
        )
    return Network(
        encoder=nn.Sequential(*encoder, *down, *nonlinear(settings), _Resize(_size(grid)), nn.Flatten(2), _Swap()),
        decoder=nn.Sequential(
            _Swap(),
            nn.Unflatten(2, grid),
            _Resize(last),
            nn.Conv3d(top, top, 3, padding=1),
            *up,
            *nonlinear(settings),
            *decoder,
        ),
        width=top,
    )


def _halvings(size: Size, grid: Size | None) -> list[Size]:
    """Sizes from the full one down; each axis is halved (rounded up) as long as it still covers the grid.

    Without a grid, at least once and until no more than 144 places are left.
    """
    sizes = [size]
    while True:
        half = _size(math.ceil(side / 2) for side in sizes[-1])
        if grid is None:
            done = len(sizes) > 1 and math.prod(sizes[-1]) <= _SMALL
        else:
            half = _size(h if h >= g else side for h, side, g in zip(half, sizes[-1], grid, strict=True))
            done = False
        if done or half == sizes[-1]:
            return sizes
        sizes.append(half)


def _size(sides: Iterable[int]) -> Size:
    frames, height, width = sides
    return frames, height, width


def _kernel(large: Size, small: Size) -> tuple[Size, Size, Size]:
    """Kernel, stride and padding of a convolution from one size (made even where it is halved) to the other."""
    halved = [a != b for a, b in zip(large, small, strict=True)]
    kernel = _size((2 if axis == 0 else 4) if half else 3 for axis, half in enumerate(halved))
    stride = _size(2 if half else 1 for half in halved)
    return kernel, stride, _size((k - 1) // 2 for k in kernel)


class _Down(nn.Module):
    """A strided convolution; a side that is odd and halved is first made even by repeating its last place."""

    def __init__(self, before: int, after: int, large: Size, small: Size) -> None:
        super().__init__()
        kernel, stride, padding = _kernel(large, small)
        self.conv = nn.Conv3d(before, after, kernel, stride, padding)
        odd = [(0, side % 2 if step == 2 else 0) for side, step in zip(large, stride, strict=True)]
        self.padding = [amount for pair in reversed(odd) for amount in pair]

    def forward(self, x: Tensor) -> Tensor:
        if any(self.padding):
            x = nn.functional.pad(x, self.padding, mode="replicate")
        return self.conv(x)


class _Up(nn.Module):
    """The transposed convolution of `_Down`, cut to the exact size; its bias is added apart, which trains quicker."""

    def __init__(self, before: int, after: int, small: Size, large: Size) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose3d(before, after, *_kernel(large, small), bias=False)
        self.bias = nn.Parameter(torch.zeros(after))
        self.size = large

    def forward(self, x: Tensor) -> Tensor:
        frames, height, width = self.size
        y: Tensor = self.conv(x)
        return (y + self.bias.to(y.dtype)[:, None, None, None])[:, :, :frames, :height, :width]


class _Resize(nn.Module):
    """To an exact grid, by volume; nothing when it already has that size."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return x if x.shape[2:] == self.size else nn.functional.adaptive_avg_pool3d(x, self.size)


class _Swap(nn.Module):
    """``(B, C, T) → (B, T, C)``, and back."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2)
