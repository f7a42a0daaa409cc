"""Images: ``(channels, height, width)``, uint8 or float32 within [0, 1]."""

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch
from PIL import Image as Pillow
from torch import Tensor, nn

from aeexplorer.modalities import _networks
from aeexplorer.modalities.base import Modality, Network, NetworkSettings, PixelLikelihood


class Image(Modality):
    """Pictures of any size and number of channels."""

    name = "image"
    complete = True

    @property
    def networks(self) -> Mapping[str, Callable[[NetworkSettings, int], Network]]:
        shape = self.field.shape
        return {
            "conv": lambda settings, tokens: _convolutional(shape, settings, tokens, self.grid(tokens)),
            "dense": lambda settings, tokens: _networks.dense(shape, settings, tokens),
            "linear": lambda settings, tokens: _networks.linear(shape, tokens),
        }

    def natural_tokens(self) -> int:
        height, width = (max(4, math.ceil(side / 4)) if side >= 4 else side for side in self.field.shape[1:])
        return min(height, 16) * min(width, 16)

    def grid(self, tokens: int) -> tuple[int, ...]:
        _, height, width = self.field.shape
        rows = min(height, max(1, round(math.sqrt(tokens * height / width))))
        return rows, min(width, max(1, round(tokens / rows)))

    def prepare(self, raw: Tensor) -> Tensor:
        return raw.float().div_(255) if raw.dtype == torch.uint8 else raw.float()

    def restore(self, x: Tensor) -> np.ndarray:
        x = x.detach().cpu().clamp(0, 1)
        return (x * 255).round().to(torch.uint8).numpy() if self.field.dtype == "uint8" else x.numpy()

    def nll(self, likelihood: PixelLikelihood, output: Tensor, x: Tensor) -> Tensor:
        return likelihood.nll(output.flatten(1), x.flatten(1))

    def mean(self, likelihood: PixelLikelihood, output: Tensor) -> Tensor:
        return likelihood.mean(output)

    def render(self, raw: np.ndarray) -> Pillow.Image:
        """One sample ``(channels, height, width)`` as a picture: grey, RGB, RGBA; other counts show the first channels."""
        pixels = raw if raw.dtype == np.uint8 else np.round(np.clip(raw, 0, 1) * 255).astype(np.uint8)
        channels = len(pixels)
        if channels in (1, 2):
            return Pillow.fromarray(pixels[0])
        return Pillow.fromarray(np.ascontiguousarray(pixels[: 4 if channels == 4 else 3].transpose(1, 2, 0)))


def _halvings(shape: tuple[int, ...], grid: tuple[int, ...] | None) -> list[tuple[int, int]]:
    """Sizes of the picture from the full one down by halves (rounded up).

    To the last that still covers the grid; without one, at least once and until no more than 64 places are left.
    """
    sizes = [(shape[1], shape[2])]
    while True:
        rows, columns = math.ceil(sizes[-1][0] / 2), math.ceil(sizes[-1][1] / 2)
        if grid is None:
            done = len(sizes) > 1 and sizes[-1][0] * sizes[-1][1] <= 64
        else:
            done = rows < grid[0] or columns < grid[1]
        if done or (rows, columns) == sizes[-1]:
            return sizes
        sizes.append((rows, columns))


def _convolutional(shape: tuple[int, ...], settings: NetworkSettings, tokens: int, grid: tuple[int, ...]) -> Network:
    """Strided convolutions down and transposed ones up; one token through a dense layer, a grid of tokens as it lies.

    Strided 4×4 kernels as in DCGAN (Radford et al. 2016, arXiv:1511.06434); with tokens, residual blocks at the grid
    as in VQ-VAE (van den Oord et al. 2017, arXiv:1711.00937).
    """
    act = _networks.ACTIVATIONS[settings.activation]
    sizes = _halvings(shape, None if tokens == 1 else grid)
    counts = [min(settings.channels * 2**i, settings.channels * 4) for i in range(max(1, len(sizes) - 1))]
    encoder: list[nn.Module] = []
    before = shape[0]
    if len(sizes) == 1:
        encoder += [nn.Conv2d(before, counts[0], 3, padding=1), act()]
    for count, _ in zip(counts, sizes[1:], strict=False):
        encoder += [_DownConv(before, count), act()]
        before = count
    decoder: list[nn.Module] = []
    for i in reversed(range(len(sizes) - 1)):
        below = counts[i - 1] if i else shape[0]
        decoder += [nn.ConvTranspose2d(counts[i], below, 4, stride=2, padding=1), _Crop(sizes[i])]
        decoder += [act()] if i else []
    if len(sizes) == 1:
        decoder += [nn.Conv2d(counts[0], shape[0], 3, padding=1)]
    top = counts[-1]
    if tokens == 1:
        flat, hidden = top * sizes[-1][0] * sizes[-1][1], settings.hidden
        return Network(
            encoder=nn.Sequential(*encoder, nn.Flatten(), nn.Linear(flat, hidden), act(), _networks.ToTokens(1)),
            decoder=nn.Sequential(
                nn.Flatten(), act(), nn.Linear(hidden, flat), act(), nn.Unflatten(1, (top, *sizes[-1])), *decoder
            ),
            width=hidden,
        )
    blocks = [_Residual(top, act) for _ in range(settings.depth)]
    mirror = [_Residual(top, act) for _ in range(settings.depth)]
    return Network(
        encoder=nn.Sequential(*encoder, *blocks, act(), _Resize(grid), _GridToTokens()),
        decoder=nn.Sequential(
            _TokensToGrid(grid), _Resize(sizes[-1]), nn.Conv2d(top, top, 3, padding=1), *mirror, act(), *decoder
        ),
        width=top,
    )


class _DownConv(nn.Module):
    """Halves the picture, rounding up: a 4×4 convolution of stride 2 over an even-sized (padded) input."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, 4, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        odd_rows, odd_columns = x.shape[2] % 2, x.shape[3] % 2
        if odd_rows or odd_columns:
            x = nn.functional.pad(x, (0, odd_columns, 0, odd_rows), mode="replicate")
        return self.conv(x)


class _Crop(nn.Module):
    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return x[..., : self.size[0], : self.size[1]]


class _Resize(nn.Module):
    """To an exact grid, by area; nothing when it already has that size."""

    def __init__(self, size: tuple[int, ...]) -> None:
        super().__init__()
        self.size = (size[0], size[1])

    def forward(self, x: Tensor) -> Tensor:
        return x if x.shape[2:] == self.size else nn.functional.adaptive_avg_pool2d(x, self.size)


class _Residual(nn.Module):
    """x + conv1×1(act(conv3×3(act(x))))."""

    def __init__(self, channels: int, act: type[nn.Module]) -> None:
        super().__init__()
        half = max(4, channels // 2)
        self.layers = nn.Sequential(act(), nn.Conv2d(channels, half, 3, padding=1), act(), nn.Conv2d(half, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class _GridToTokens(nn.Module):
    """``(B, C, rows, columns) → (B, rows·columns, C)``."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).transpose(1, 2)


class _TokensToGrid(nn.Module):
    """``(B, rows·columns, C) → (B, C, rows, columns)``."""

    def __init__(self, grid: tuple[int, ...]) -> None:
        super().__init__()
        self.grid = tuple(grid)

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2).unflatten(2, self.grid)
