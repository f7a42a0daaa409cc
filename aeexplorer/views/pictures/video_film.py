"""Videos that play: samples as one animated GIF, what is compared side by side and in step."""

from collections.abc import Sequence

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.modalities.video import Video
from aeexplorer.views.pictures.animations import gif

GUTTER = 4
_MILLISECONDS = 125  # a frame; a longer rest at the end shows where it starts again
_REST = 500
_GROUND = 128


def film(field: Field, samples: Sequence[np.ndarray], side: int) -> bytes:
    """Samples ``(*shape)`` of a field of videos from left to right → an animated GIF that repeats.

    Parameters
    ----------
    field
        A field of the modality `video`.
    samples
        Stored samples, shown in step.
    side
        The longer side of each, in pixels, as near below as whole factors take it.
    """
    frames = Video(field).frames(np.stack(samples))  # (m, frames, h, w, 3)
    factor = max(1, side // max(frames.shape[2:4]))
    large = frames.repeat(factor, 2).repeat(factor, 3)
    padded = np.pad(large, ((0, 0), (0, 0), (0, 0), (0, GUTTER), (0, 0)), constant_values=_GROUND)
    laid = np.concatenate(list(padded), axis=2)[:, :, :-GUTTER]
    return gif(laid, [*[_MILLISECONDS] * (len(laid) - 1), _REST])
