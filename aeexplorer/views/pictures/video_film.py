"""Videos as one animated GIF, side by side and in step."""

from collections.abc import Sequence

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.modalities.video import Video
from aeexplorer.views.pictures.animations import gif

GUTTER = 4
_FRAME_MILLISECONDS = 125
_END_MILLISECONDS = 500  # the pause shows where the video starts again
_BACKGROUND = 128  # grey level


def video_gif(field: Field, samples: Sequence[np.ndarray], side: int) -> bytes:
    """Encode samples ``(*shape)`` of a field of videos, from left to right, as an animated GIF that repeats.

    Parameters
    ----------
    field
        Field of the modality ``video``.
    samples
        Stored samples, which are played in step.
    side
        Largest longer side of each video, in pixels. Videos are magnified by whole factors.
    """
    frames = Video(field).frames(np.stack(samples))  # (m, frames, h, w, 3)
    factor = max(1, side // max(frames.shape[2:4]))
    large = frames.repeat(factor, 2).repeat(factor, 3)
    padded = np.pad(large, ((0, 0), (0, 0), (0, 0), (0, GUTTER), (0, 0)), constant_values=_BACKGROUND)
    pictures = np.concatenate(list(padded), axis=2)[:, :, :-GUTTER]
    return gif(pictures, [*[_FRAME_MILLISECONDS] * (len(pictures) - 1), _END_MILLISECONDS])
