"""Conversion between pictures ``(B, C, H, W)`` and sequences ``(B, L, F)``: rows from top to bottom, or patches."""

import math

from torch import Tensor, nn


class ToRows(nn.Module):
    """``(B, C, H, W) → (B, H, C·W)``."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2).flatten(2)


class FromRows(nn.Module):
    """``(B, H, C·W) → (B, C, H, W)``."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        return x.unflatten(2, (self.channels, -1)).transpose(1, 2)


def patch_size(shape: tuple[int, ...], grid: tuple[int, ...]) -> tuple[int, int]:
    """Return the height and width of patches that cover a picture ``(C, H, W)`` in a grid ``(rows, columns)``."""
    return math.ceil(shape[1] / grid[0]), math.ceil(shape[2] / grid[1])


class ToPatches(nn.Module):
    """``(B, C, H, W) → (B, rows·columns, C·h·w)``, after padding the picture with zeros to whole patches."""

    def __init__(self, shape: tuple[int, ...], grid: tuple[int, ...]) -> None:
        super().__init__()
        self.grid, self.size = grid, patch_size(shape, grid)
        self.padding = (0, grid[1] * self.size[1] - shape[2], 0, grid[0] * self.size[0] - shape[1])

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.pad(x, self.padding)
        x = x.unflatten(3, (self.grid[1], -1)).unflatten(2, (self.grid[0], -1))  # (B, C, rows, h, columns, w)
        return x.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)  # (B, rows·columns, C·h·w)


class FromPatches(nn.Module):
    """``(B, rows·columns, C·h·w) → (B, C, H, W)``."""

    def __init__(self, shape: tuple[int, ...], grid: tuple[int, ...]) -> None:
        super().__init__()
        self.shape, self.grid, self.size = shape, grid, patch_size(shape, grid)

    def forward(self, x: Tensor) -> Tensor:
        x = x.unflatten(2, (self.shape[0], *self.size)).unflatten(1, self.grid)  # (B, rows, columns, C, h, w)
        x = x.permute(0, 3, 1, 4, 2, 5).flatten(4).flatten(2, 3)  # (B, C, rows·h, columns·w)
        return x[:, :, : self.shape[1], : self.shape[2]]
