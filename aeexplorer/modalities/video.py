"""Videos: ``(channels, frames, height, width)``, uint8 or float32 within [0, 1]."""

import itertools
import math
from collections.abc import Callable, Mapping

import numpy as np
from torch import nn

from aeexplorer.modalities._planes import Pixels, coloured
from aeexplorer.modalities.base import Network, NetworkSettings
from aeexplorer.modalities.networks.dense import dense
from aeexplorer.modalities.networks.dilated import dilated
from aeexplorer.modalities.networks.linear import linear
from aeexplorer.modalities.networks.pictures import FromRows, ToRows
from aeexplorer.modalities.networks.recurrent import recurrent
from aeexplorer.modalities.networks.sequences import Steps
from aeexplorer.modalities.networks.volumes import volumetric

SHOWN = 8
"""Frames of a strip, at most; more than four lie in two rows."""
_LINE = 128
"""Grey between the frames of a strip."""


class Video(Pixels):
    """Short videos of one length and size; people see them as strips of frames, and see them play."""

    name = "video"

    @property
    def networks(self) -> Mapping[str, Callable[[NetworkSettings, int], Network]]:
        shape = self.field.shape
        return {
            "conv": lambda settings, tokens: volumetric(shape, settings, tokens, self._lay(tokens)),
            "dense": lambda settings, tokens: dense(shape, settings, tokens),
            "linear": lambda settings, tokens: linear(shape, settings, tokens),
            "recurrent": lambda settings, tokens: self._by_frames(recurrent, settings, tokens),
            "dilated": lambda settings, tokens: self._by_frames(dilated, settings, tokens),
        }

    def natural_tokens(self) -> int:
        frames, height, width = (math.ceil(side / 4) for side in self.field.shape[1:])
        return min(frames, 4) * min(height, 8) * min(width, 8)

    def grid(self, tokens: int) -> tuple[int, ...]:
        frames, height, width = self.field.shape[1:]
        times = min(frames, max(1, round(frames * (tokens / (frames * height * width)) ** (1 / 3))))
        rows = min(height, max(1, round(math.sqrt(tokens / times * height / width))))
        return times, rows, min(width, max(1, round(tokens / (times * rows))))

    def _lay(self, tokens: int) -> tuple[int, ...]:
        """Frames, rows and columns of exactly so many tokens, as near to `grid` as can be."""
        wanted = self.grid(tokens)
        divisors = [n for n in range(1, tokens + 1) if tokens % n == 0]
        grids = [(f, r, tokens // (f * r)) for f, r in itertools.product(divisors, divisors) if tokens % (f * r) == 0]
        return min(grids, key=lambda grid: sum(abs(math.log(n / i)) for n, i in zip(grid, wanted, strict=True)))

    def _by_frames(self, build: Callable[[Steps, NetworkSettings], Network], settings: NetworkSettings, tokens: int) -> Network:
        """A network that reads a video frame by frame."""
        channels, frames, height, width = self.field.shape
        features = channels * height * width
        inner = build(Steps(frames, features, features, self._lay(tokens)), settings)
        return Network(
            encoder=nn.Sequential(ToRows(), inner.encoder),
            decoder=nn.Sequential(inner.decoder, FromRows(channels), nn.Unflatten(3, (height, width))),
            width=inner.width,
        )

    def frames(self, raw: np.ndarray) -> np.ndarray:
        """Stored samples ``(m, *shape)`` → uint8 ``(m, frames, h, w, 3)``; colours as those of images."""
        return coloured(raw)

    def pictures(self, raw: np.ndarray) -> np.ndarray:
        """Frames, evenly chosen, from left to right and on in a second row."""
        return self._strip(self.frames(raw), _LINE)

    def gaps(self, difference: np.ndarray) -> np.ndarray:
        return self._strip(difference.mean(1)[..., None], np.nan)[..., 0]

    def codes(self, grid: np.ndarray) -> np.ndarray:
        """Codes ``(frames, rows, columns)`` as they lie in the strip: those of each frame that is shown."""
        places = self._chosen() * len(grid) // self.field.shape[1]
        return self._rows(grid[None, places, :, :, None])[0, ..., 0]

    def _chosen(self) -> np.ndarray:
        """Places of the frames that a strip shows."""
        frames = self.field.shape[1]
        count = min(SHOWN, frames)
        count -= count % 2 if count > SHOWN // 2 else 0
        return np.linspace(0, frames - 1, count).round().astype(int)

    def _strip(self, frames: np.ndarray, line: float) -> np.ndarray:
        """``(m, frames, h, w, c)`` → ``(m, H, W, c)``, with lines a pixel wide between the frames."""
        padded = np.pad(frames[:, self._chosen()], ((0, 0), (0, 0), (0, 1), (0, 1), (0, 0)), constant_values=line)
        return np.ascontiguousarray(self._rows(padded)[:, :-1, :-1])

    def _rows(self, frames: np.ndarray) -> np.ndarray:
        """``(m, shown, h, w, c)`` → ``(m, rows·h, columns·w, c)``."""
        m, count, height, width, channels = frames.shape
        rows = 2 if count > SHOWN // 2 else 1
        laid = frames.reshape(m, rows, count // rows, height, width, channels).swapaxes(2, 3)
        return laid.reshape(m, rows * height, count // rows * width, channels)
