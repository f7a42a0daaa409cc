"""Strips of decoded pictures, such as a path above a fade of the pixels, and films of them."""

from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from aeexplorer.analysis.latents.paths import Film
from aeexplorer.data.dataset import Field
from aeexplorer.views.palette import ACCENT
from aeexplorer.views.pictures.animations import gif, mp4
from aeexplorer.views.pictures.pictures import GUTTER, field_pictures, resize_pictures, stack_images, tile

_FRAME_WIDTH = 2  # pixels
_BACKGROUND = 128  # grey level
_FRAME_MILLISECONDS, _END_MILLISECONDS = 70, 600
_FRAMES_PER_SECOND = 15


def path_strip(film: Film, faded: Mapping[str, np.ndarray], field: Field, side: int, columns: int) -> Image.Image:
    """Tile the frames of a path above a fade of the pixels, at most `columns` in a row.

    The samples that the path goes through have a frame around them.
    """
    rows = [resize_pictures(field_pictures(field, frames[field.name]), side) for frames in (film.frames, faded)]
    blocks = []
    for start in range(0, len(rows[0]), columns):
        decoded, blended = (row[start : start + columns] for row in rows)
        block = tile(np.concatenate([decoded, blended]), len(decoded))
        draw, (height, width) = ImageDraw.Draw(block), decoded.shape[1:3]
        for column in (film.stops - start)[(film.stops >= start) & (film.stops < start + columns)].tolist():
            left = column * (width + GUTTER)
            draw.rectangle([left, 0, left + width - 1, height - 1], outline=ImageColor.getrgb(ACCENT), width=_FRAME_WIDTH)
        blocks.append(block)
    return stack_images(blocks)


def side_by_side(field: Field, *films: np.ndarray, side: int) -> np.ndarray:
    """Put films, stored samples ``(frames, *shape)``, side by side: uint8 ``(frames, h, w, 3)``."""
    pictures = [resize_pictures(field_pictures(field, film), side) for film in films]
    gutter = np.full((*pictures[0].shape[:2], 2 * GUTTER, 3), _BACKGROUND, np.uint8)
    parts = [part for film in pictures for part in (gutter, film)]
    return np.concatenate(parts[1:], axis=2)


def film_gif(pictures: np.ndarray, is_loop: bool = False) -> bytes:
    """Encode pictures uint8 ``(frames, h, w, 3)`` as an animated GIF. A film that is not a loop rests at both ends."""
    inner = [_FRAME_MILLISECONDS] * max(0, len(pictures) - 2)
    return gif(pictures, _FRAME_MILLISECONDS if is_loop or len(pictures) < 2 else [_END_MILLISECONDS, *inner, _END_MILLISECONDS])


def film_mp4(pictures: np.ndarray) -> bytes:
    """Encode pictures uint8 ``(frames, h, w, 3)`` as MP4."""
    return mp4(pictures, _FRAMES_PER_SECOND)
