"""Convolutional networks for pictures of any size: strided convolutions in the encoder, transposed ones in the decoder."""

import math

from torch import Tensor, nn

from aeexplorer.modalities.base import Network, NetworkSettings
from aeexplorer.modalities.networks.layers import Residual, ToTokens, activation_layers, refuse_tied


def build_convolutional(shape: tuple[int, ...], settings: NetworkSettings, tokens: int, grid: tuple[int, ...]) -> Network:
    """Build a network that halves a picture ``(C, H, W)`` until it is small, and doubles it back.

    A single token is computed by a dense layer. Several tokens are the pixels of the smallest feature maps, resized to
    `grid`. The 4×4 kernels of stride 2 follow DCGAN (Radford et al. 2016, arXiv:1511.06434). Residual blocks at the
    smallest size follow VQ-VAE (van den Oord et al. 2017, arXiv:1711.00937): `depth` blocks with a grid of tokens,
    `depth` − 2 with a single token.

    Raises
    ------
    UserError
        If the settings ask for tied weights.
    """
    refuse_tied(settings, "convolutional")
    sizes = _halvings(shape, None if tokens == 1 else grid)
    maps = [min(settings.channels * 2**i, settings.channels * 4) for i in range(max(1, len(sizes) - 1))]  # per size
    # encoder: halve the picture
    encoder: list[nn.Module] = []
    channels_in = shape[0]
    if len(sizes) == 1:
        encoder += [nn.Conv2d(channels_in, maps[0], 3, padding=1), *activation_layers(settings)]
    for channels_out, _ in zip(maps, sizes[1:], strict=False):
        encoder += [_DownConv(channels_in, channels_out), *activation_layers(settings)]
        channels_in = channels_out
    # decoder: double the picture, crop to the exact size
    decoder: list[nn.Module] = []
    for i in reversed(range(len(sizes) - 1)):
        channels_out = maps[i - 1] if i else shape[0]
        decoder += [_UpConv(maps[i], channels_out), _Crop(sizes[i])]
        decoder += activation_layers(settings) if i else []
    if len(sizes) == 1:
        decoder += [nn.Conv2d(maps[0], shape[0], 3, padding=1)]
    # residual blocks at the smallest size
    top, smallest = maps[-1], sizes[-1]
    down = [Residual(nn.Conv2d, top, settings) for _ in range(settings.depth - 2 * (tokens == 1))]
    up = [Residual(nn.Conv2d, top, settings) for _ in down]
    if tokens == 1:
        flat, hidden = top * smallest[0] * smallest[1], settings.hidden
        return Network(
            encoder=nn.Sequential(
                *encoder, *down, _Flatten(), nn.Linear(flat, hidden), *activation_layers(settings), ToTokens(1)
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
        encoder=nn.Sequential(*encoder, *down, *activation_layers(settings), _Resize(grid), _GridToTokens()),
        decoder=nn.Sequential(
            _TokensToGrid(grid),
            _Resize(smallest),
            nn.Conv2d(top, top, 3, padding=1),
            *up,
            *activation_layers(settings),
            *decoder,
        ),
        width=top,
    )


def _halvings(shape: tuple[int, ...], grid: tuple[int, ...] | None) -> list[tuple[int, int]]:
    """Return the sizes of the picture from full size down, each half of the one before (rounded up).

    With a grid, stop at the last size that still covers the grid. Without, halve at least once and until at most 64
    pixels are left.
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


class _DownConv(nn.Module):
    """Halve a picture, rounding up: a 4×4 convolution of stride 2 over the input padded to even size."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 4, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        odd_rows, odd_columns = x.shape[2] % 2, x.shape[3] % 2
        if odd_rows or odd_columns:
            x = nn.functional.pad(x, (0, odd_columns, 0, odd_rows), mode="replicate")
        return self.conv(x)


class _UpConv(nn.ConvTranspose2d):
    """Double a picture: a transposed 4×4 convolution of stride 2.

    The bias is added in a separate step: within the convolution, its gradient costs as much CPU time as that of the weights.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(channels_in, channels_out, 4, stride=2, padding=1)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        assert self.bias is not None
        y = nn.functional.conv_transpose2d(x, self.weight, stride=2, padding=1)
        return y + self.bias.to(y.dtype)[:, None, None]


class _Flatten(nn.Flatten):
    """Flatten, and return the gradient in channels-last layout, the layout of the convolutions before it."""

    def forward(self, x: Tensor) -> Tensor:
        if x.requires_grad:
            x.register_hook(lambda gradient: gradient.movedim(1, 3).contiguous().movedim(3, 1))
        return super().forward(x)


class _Crop(nn.Module):
    """Keep the top left part of a picture: ``(B, C, H, W) → (B, C, *size)``."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return x[..., : self.size[0], : self.size[1]]


class _Resize(nn.Module):
    """Resize feature maps to an exact size by area averaging; do nothing if they already have that size."""

    def __init__(self, size: tuple[int, ...]) -> None:
        super().__init__()
        self.size = (size[0], size[1])

    def forward(self, x: Tensor) -> Tensor:
        return x if x.shape[2:] == self.size else nn.functional.adaptive_avg_pool2d(x, self.size)


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
