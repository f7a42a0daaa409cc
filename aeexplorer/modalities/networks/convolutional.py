"""Strided convolutions down and transposed ones up, for pictures of any size and number of channels."""

import math

from torch import Tensor, nn

from aeexplorer.modalities.base import Network, NetworkSettings
from aeexplorer.modalities.networks.layers import Residual, ToTokens, nonlinear, refuse_tied


def convolutional(shape: tuple[int, ...], settings: NetworkSettings, tokens: int, grid: tuple[int, ...]) -> Network:
    """Halve a picture ``(C, H, W)`` until it is small, and back; one token through a dense layer, a grid of tokens as it lies.

    Strided 4×4 kernels as in DCGAN (Radford et al. 2016, arXiv:1511.06434); residual blocks where the picture is smallest,
    as in VQ-VAE (van den Oord et al. 2017, arXiv:1711.00937), `depth` of them at a grid and those beyond the second with
    one token.

    Raises
    ------
    UserError
        For tied weights.
    """
    refuse_tied(settings, "convolutional")
    sizes = _halvings(shape, None if tokens == 1 else grid)
    counts = [min(settings.channels * 2**i, settings.channels * 4) for i in range(max(1, len(sizes) - 1))]
    encoder: list[nn.Module] = []
    before = shape[0]
    if len(sizes) == 1:
        encoder += [nn.Conv2d(before, counts[0], 3, padding=1), *nonlinear(settings)]
    for count, _ in zip(counts, sizes[1:], strict=False):
        encoder += [_DownConv(before, count), *nonlinear(settings)]
        before = count
    decoder: list[nn.Module] = []
    for i in reversed(range(len(sizes) - 1)):
        below = counts[i - 1] if i else shape[0]
        decoder += [_UpConv(counts[i], below), _Crop(sizes[i])]
        decoder += nonlinear(settings) if i else []
    if len(sizes) == 1:
        decoder += [nn.Conv2d(counts[0], shape[0], 3, padding=1)]
    top, last = counts[-1], sizes[-1]
    down = [Residual(nn.Conv2d, top, settings) for _ in range(settings.depth - 2 * (tokens == 1))]
    up = [Residual(nn.Conv2d, top, settings) for _ in down]
    if tokens == 1:
        flat, hidden = top * last[0] * last[1], settings.hidden
        return Network(
            encoder=nn.Sequential(*encoder, *down, _Flatten(), nn.Linear(flat, hidden), *nonlinear(settings), ToTokens(1)),
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
        encoder=nn.Sequential(*encoder, *down, *nonlinear(settings), _Resize(grid), _GridToTokens()),
        decoder=nn.Sequential(
            _TokensToGrid(grid), _Resize(last), nn.Conv2d(top, top, 3, padding=1), *up, *nonlinear(settings), *decoder
        ),
        width=top,
    )


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


class _UpConv(nn.ConvTranspose2d):
    """A transposed convolution, its bias added apart: the gradient of one within costs processors as much as the weights'."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(before, after, 4, stride=2, padding=1)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        assert self.bias is not None
        y = nn.functional.conv_transpose2d(x, self.weight, stride=2, padding=1)
        return y + self.bias.to(y.dtype)[:, None, None]


class _Flatten(nn.Flatten):
    """Hands the gradient back with its channels last, as convolutions and activations before it have theirs."""

    def forward(self, x: Tensor) -> Tensor:
        if x.requires_grad:
            x.register_hook(lambda gradient: gradient.movedim(1, 3).contiguous().movedim(3, 1))
        return super().forward(x)


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
