"""Videos that play: samples as one animated GIF, what is compared side by side and in step."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL import Image

from aeexplorer.data.dataset import Field
from aeexplorer.modalities.base import modality_of
from aeexplorer.modalities.video import Video

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
    modality = modality_of(field)
    assert isinstance(modality, Video)
    frames = modality.frames(np.stack(samples))  # (m, frames, h, w, 3)
    factor = max(1, side // max(frames.shape[2:4]))
    large = frames.repeat(factor, 2).repeat(factor, 3)
    padded = np.pad(large, ((0, 0), (0, 0), (0, 0), (0, GUTTER), (0, 0)), constant_values=_GROUND)
    laid = np.concatenate(list(padded), axis=2)[:, :, :-GUTTER]
    pictures = [Image.fromarray(np.ascontiguousarray(frame)) for frame in laid]
    palette = Image.fromarray(np.concatenate(list(laid))).quantize(256, dither=Image.Dither.NONE)
    first, *others = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    out = BytesIO()
    lasting = [*[_MILLISECONDS] * len(others), _REST]
    first.save(out, "GIF", save_all=True, append_images=others, duration=lasting, loop=0, optimize=False)
    return out.getvalue()
