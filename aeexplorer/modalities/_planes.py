"""Shared code of images, spectrograms and videos: brightness values, stored as uint8 or as float32 within [0, 1]."""

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from aeexplorer.data.dataset import Field
from aeexplorer.data.scaling import channel_scale
from aeexplorer.modalities.base import Network, NetworkSettings, Pictured, PixelLikelihood
from aeexplorer.modalities.networks.convolutional import build_convolutional
from aeexplorer.modalities.networks.dense import build_dense
from aeexplorer.modalities.networks.dilated import build_dilated
from aeexplorer.modalities.networks.linear import build_linear
from aeexplorer.modalities.networks.pictures import FromPatches, FromRows, ToPatches, ToRows, patch_size
from aeexplorer.modalities.networks.recurrent import build_recurrent
from aeexplorer.modalities.networks.sequences import SequenceShape
from aeexplorer.modalities.networks.transformer import build_transformer


class Pixels(Pictured):
    """Brightness values ``(channels, …)`` without missing values.

    In x-space, dark is 0 and bright is 1, unless the field sets a scale for each channel (see `aeexplorer.data.scaling`).
    """

    complete = True

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        scale = channel_scale(field.meta)
        per_channel = (-1, *[1] * (len(field.shape) - 1))  # broadcasts over all axes but the first
        self._scale = None if scale is None else tuple(torch.tensor(s, dtype=torch.float32).view(per_channel) for s in scale)

    def prepare(self, raw: Tensor) -> Tensor:
        brightness = raw.float().div_(255) if raw.dtype == torch.uint8 else raw.float()
        if self._scale is None:
            return brightness
        low, span = (s.to(raw.device) for s in self._scale)
        return (brightness - low) / span

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
    """Two-dimensional planes ``(channels, height, width)`` of any size. Subclasses define how a person sees them."""

    @property
    def networks(self) -> Mapping[str, Callable[[NetworkSettings, int], Network]]:
        shape = self.field.shape
        return {
            "conv": lambda settings, tokens: build_convolutional(shape, settings, tokens, self._token_grid(tokens)),
            "dense": lambda settings, tokens: build_dense(shape, settings, tokens),
            "linear": lambda settings, tokens: build_linear(shape, settings, tokens),
            "recurrent": lambda settings, tokens: self._build_by_rows(build_recurrent, settings, tokens),
            "dilated": lambda settings, tokens: self._build_by_rows(build_dilated, settings, tokens),
            "transformer": self._build_by_patches,
        }

    def natural_tokens(self) -> int:
        height, width = (max(4, math.ceil(side / 4)) if side >= 4 else side for side in self.field.shape[1:])
        return min(height, 16) * min(width, 16)

    def grid(self, tokens: int) -> tuple[int, ...]:
        _, height, width = self.field.shape
        rows = min(height, max(1, round(math.sqrt(tokens * height / width))))
        return rows, min(width, max(1, round(tokens / rows)))

    def _token_grid(self, tokens: int) -> tuple[int, int]:
        """Return the rows and columns of exactly `tokens` tokens, as close to `grid` as possible."""
        rows, _ = self.grid(tokens)
        rows = min((r for r in range(1, tokens + 1) if tokens % r == 0), key=lambda r: abs(math.log(r / rows)))
        return rows, tokens // rows

    def _build_by_rows(
        self, build: Callable[[SequenceShape, NetworkSettings], Network], settings: NetworkSettings, tokens: int
    ) -> Network:
        """Build a network that reads a picture row by row."""
        channels, height, width = self.field.shape
        inner = build(SequenceShape(height, channels * width, channels * width, self._token_grid(tokens)), settings)
        return Network(nn.Sequential(ToRows(), inner.encoder), nn.Sequential(inner.decoder, FromRows(channels)), inner.width)

    def _build_by_patches(self, settings: NetworkSettings, tokens: int) -> Network:
        """Build a transformer over patches: one patch per token, or the natural number of patches for a single token."""
        shape = self.field.shape
        grid = self._token_grid(tokens if tokens > 1 else self.natural_tokens())
        patches, features = math.prod(grid), shape[0] * math.prod(patch_size(shape, grid))
        inner = build_transformer(SequenceShape(patches, features, features, (tokens,)), settings)
        return Network(
            encoder=nn.Sequential(ToPatches(shape, grid), inner.encoder),
            decoder=nn.Sequential(inner.decoder, FromPatches(shape, grid)),
            width=inner.width,
        )


def to_rgb(raw: np.ndarray) -> np.ndarray:
    """Convert stored samples ``(m, channels, …)`` to colours, uint8 ``(m, …, 3)``.

    With one or two channels, the first is shown as grey. With more, the first three are shown as red, green and blue.
    """
    pixels = raw if raw.dtype == np.uint8 else np.round(np.clip(raw, 0, 1) * 255).astype(np.uint8)
    if pixels.shape[1] < 3:
        return pixels[:, 0, ..., None].repeat(3, -1)
    return np.ascontiguousarray(np.moveaxis(pixels[:, :3], 1, -1))
