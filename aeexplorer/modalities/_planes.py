"""What pictures, spectrograms and videos share: brightnesses, uint8 or float32 within [0, 1]; and what the first two do."""

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from aeexplorer.data.dataset import Field
from aeexplorer.data.scaling import channel_scale
from aeexplorer.modalities.base import Network, NetworkSettings, Pictured, PixelLikelihood
from aeexplorer.modalities.networks.convolutional import convolutional
from aeexplorer.modalities.networks.dense import dense
from aeexplorer.modalities.networks.dilated import dilated
from aeexplorer.modalities.networks.linear import linear
from aeexplorer.modalities.networks.pictures import FromPatches, FromRows, ToPatches, ToRows, patch_size
from aeexplorer.modalities.networks.recurrent import recurrent
from aeexplorer.modalities.networks.sequences import Steps
from aeexplorer.modalities.networks.transformer import transformer


class Pixels(Pictured):
    """Brightnesses ``(channels, …)`` that no sample misses.

    In x-space dark is 0 and bright is 1, unless the field says how each channel is scaled (`aeexplorer.data.scaling`).
    """

    complete = True

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        scale = channel_scale(field.meta)
        each = (-1, *[1] * (len(field.shape) - 1))
        self._scale = None if scale is None else tuple(torch.tensor(s, dtype=torch.float32).view(each) for s in scale)

    def prepare(self, raw: Tensor) -> Tensor:
        bright = raw.float().div_(255) if raw.dtype == torch.uint8 else raw.float()
        if self._scale is None:
            return bright
        low, span = (s.to(raw.device) for s in self._scale)
        return (bright - low) / span

    def restore(self, x: Tensor) -> np.ndarray:
        x = x.detach().cpu()
        if self._scale is not None:
            low, span = self._scale
            x = x * span + low
        x = x.clamp(0, 1)
        return x.mul_(255).round_().to(torch.uint8).numpy() if self.field.dtype == "uint8" else x.numpy()

    def nll(self, likelihood: PixelLikelihood, output: Tensor, x: Tensor) -> Tensor:
        return likelihood.nll(output.flatten(1), x.flatten(1))

    def mean(self, likelihood: PixelLikelihood, output: Tensor) -> Tensor:
        return likelihood.mean(output)


class Planes(Pixels):
    """Planes of any size and number of channels; how a person sees them is the modality's own."""

    @property
    def networks(self) -> Mapping[str, Callable[[NetworkSettings, int], Network]]:
        shape = self.field.shape
        return {
            "conv": lambda settings, tokens: convolutional(shape, settings, tokens, self._lay(tokens)),
            "dense": lambda settings, tokens: dense(shape, settings, tokens),
            "linear": lambda settings, tokens: linear(shape, settings, tokens),
            "recurrent": lambda settings, tokens: self._by_rows(recurrent, settings, tokens),
            "dilated": lambda settings, tokens: self._by_rows(dilated, settings, tokens),
            "transformer": self._by_patches,
        }

    def natural_tokens(self) -> int:
        height, width = (max(4, math.ceil(side / 4)) if side >= 4 else side for side in self.field.shape[1:])
        return min(height, 16) * min(width, 16)

    def grid(self, tokens: int) -> tuple[int, ...]:
        _, height, width = self.field.shape
        rows = min(height, max(1, round(math.sqrt(tokens * height / width))))
        return rows, min(width, max(1, round(tokens / rows)))

    def _lay(self, tokens: int) -> tuple[int, int]:
        """Rows and columns of exactly so many tokens, as near to `grid` as can be."""
        rows, _ = self.grid(tokens)
        rows = min((r for r in range(1, tokens + 1) if tokens % r == 0), key=lambda r: abs(math.log(r / rows)))
        return rows, tokens // rows

    def _by_rows(self, build: Callable[[Steps, NetworkSettings], Network], settings: NetworkSettings, tokens: int) -> Network:
        """A network that reads a picture row by row."""
        channels, height, width = self.field.shape
        inner = build(Steps(height, channels * width, channels * width, self._lay(tokens)), settings)
        return Network(nn.Sequential(ToRows(), inner.encoder), nn.Sequential(inner.decoder, FromRows(channels)), inner.width)

    def _by_patches(self, settings: NetworkSettings, tokens: int) -> Network:
        """A transformer over patches: those of the tokens, or of the natural number of them for one token."""
        shape = self.field.shape
        grid = self._lay(tokens if tokens > 1 else self.natural_tokens())
        count, features = math.prod(grid), shape[0] * math.prod(patch_size(shape, grid))
        inner = transformer(Steps(count, features, features, (tokens,)), settings)
        return Network(
            encoder=nn.Sequential(ToPatches(shape, grid), inner.encoder),
            decoder=nn.Sequential(inner.decoder, FromPatches(shape, grid)),
            width=inner.width,
        )


def coloured(raw: np.ndarray) -> np.ndarray:
    """Stored samples ``(m, channels, …)`` → uint8 ``(m, …, 3)``: one or two channels show the first as grey, more the first
    three as red, green, blue."""
    pixels = raw if raw.dtype == np.uint8 else np.round(np.clip(raw, 0, 1) * 255).astype(np.uint8)
    if pixels.shape[1] < 3:
        return pixels[:, 0, ..., None].repeat(3, -1)
    return np.ascontiguousarray(np.moveaxis(pixels[:, :3], 1, -1))
