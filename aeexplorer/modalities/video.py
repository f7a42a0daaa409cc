"""Videos: ``(channels, frames, height, width)``, uint8 or float32 within [0, 1]."""

import itertools
import math
from collections.abc import Callable, Mapping

import numpy as np
from torch import nn

from aeexplorer.modalities._planes import Pixels, to_rgb
from aeexplorer.modalities.base import Network, NetworkSettings
from aeexplorer.modalities.networks.dense import build_dense
from aeexplorer.modalities.networks.dilated import build_dilated
from aeexplorer.modalities.networks.linear import build_linear
from aeexplorer.modalities.networks.pictures import FromRows, ToRows
from aeexplorer.modalities.networks.recurrent import build_recurrent
from aeexplorer.modalities.networks.sequences import SequenceShape
from aeexplorer.modalities.networks.volumes import build_volumetric

MAX_STRIP_FRAMES = 8
"""Most frames in a strip. More than half as many are arranged in two rows."""
_LINE_GREY = 128
"""Grey level of the lines between the frames of a strip."""


class Video(Pixels):
    """Short videos of equal length and size. People see them as strips of frames, and can play them."""

    name = "video"

    @property
    def networks(self) -> Mapping[str, Callable[[NetworkSettings, int], Network]]:
        shape = self.field.shape
        return {
            "conv": lambda settings, tokens: build_volumetric(shape, settings, tokens, self._token_grid(tokens)),
            "dense": lambda settings, tokens: build_dense(shape, settings, tokens),
            "linear": lambda settings, tokens: build_linear(shape, settings, tokens),
            "recurrent": lambda settings, tokens: self._build_by_frames(build_recurrent, settings, tokens),
            "dilated": lambda settings, tokens: self._build_by_frames(build_dilated, settings, tokens),
        }

    def natural_tokens(self) -> int:
        frames, height, width = (math.ceil(side / 4) for side in self.field.shape[1:])
        return min(frames, 4) * min(height, 8) * min(width, 8)

    def grid(self, tokens: int) -> tuple[int, ...]:
        frames, height, width = self.field.shape[1:]
        times = min(frames, max(1, round(frames * (tokens / (frames * height * width)) ** (1 / 3))))
        rows = min(height, max(1, round(math.sqrt(tokens / times * height / width))))
        return times, rows, min(width, max(1, round(tokens / (times * rows))))

    def _token_grid(self, tokens: int) -> tuple[int, ...]:
        """Return the frames, rows and columns of exactly `tokens` tokens, as close to `grid` as possible."""
        target = self.grid(tokens)
        divisors = [n for n in range(1, tokens + 1) if tokens % n == 0]
        grids = [(f, r, tokens // (f * r)) for f, r in itertools.product(divisors, divisors) if tokens % (f * r) == 0]
        return min(grids, key=lambda grid: sum(abs(math.log(n / i)) for n, i in zip(grid, target, strict=True)))

    def _build_by_frames(
        self, build: Callable[[SequenceShape, NetworkSettings], Network], settings: NetworkSettings, tokens: int
    ) -> Network:
        """Build a network that reads a video frame by frame."""
        channels, frames, height, width = self.field.shape
        features = channels * height * width
        inner = build(SequenceShape(frames, features, features, self._token_grid(tokens)), settings)
        return Network(
            encoder=nn.Sequential(ToRows(), inner.encoder),
            decoder=nn.Sequential(inner.decoder, FromRows(channels), nn.Unflatten(3, (height, width))),
            width=inner.width,
        )

    def frames(self, raw: np.ndarray) -> np.ndarray:
        """Convert stored samples ``(m, *shape)`` to coloured frames, uint8 ``(m, frames, h, w, 3)``."""
        return to_rgb(raw)

    def pictures(self, raw: np.ndarray) -> np.ndarray:
        """Draw evenly spaced frames from left to right, long strips in two rows."""
        return self._draw_strip(self.frames(raw), _LINE_GREY)

    def difference_images(self, difference: np.ndarray) -> np.ndarray:
        return self._draw_strip(difference.mean(1)[..., None], np.nan)[..., 0]

    def arrange_codes(self, grid: np.ndarray) -> np.ndarray:
        """Arrange codes ``(frames, rows, columns)`` like the strip: the codes of each frame that is shown."""
        code_frames = self._strip_frames() * len(grid) // self.field.shape[1]
        return self._arrange_rows(grid[None, code_frames, :, :, None])[0, ..., 0]

    def _strip_frames(self) -> np.ndarray:
        """Return the indices of the frames that a strip shows."""
        frames = self.field.shape[1]
        count = min(MAX_STRIP_FRAMES, frames)
        count -= count % 2 if count > MAX_STRIP_FRAMES // 2 else 0  # two rows need an even count
        return np.linspace(0, frames - 1, count).round().astype(int)

    def _draw_strip(self, frames: np.ndarray, line: float) -> np.ndarray:
        """Place frames ``(m, frames, h, w, c)`` side by side, one-pixel lines between them: ``(m, H, W, c)``."""
        padded = np.pad(frames[:, self._strip_frames()], ((0, 0), (0, 0), (0, 1), (0, 1), (0, 0)), constant_values=line)
        return np.ascontiguousarray(self._arrange_rows(padded)[:, :-1, :-1])

    def _arrange_rows(self, frames: np.ndarray) -> np.ndarray:
        """Arrange frames in one or two rows: ``(m, count, h, w, c) → (m, rows·h, columns·w, c)``."""
        m, count, height, width, channels = frames.shape
        rows = 2 if count > MAX_STRIP_FRAMES // 2 else 1
        # (m, rows, columns, h, w, c) → (m, rows, h, columns, w, c)
        arranged = frames.reshape(m, rows, count // rows, height, width, channels).swapaxes(2, 3)
        return arranged.reshape(m, rows * height, count // rows * width, channels)
