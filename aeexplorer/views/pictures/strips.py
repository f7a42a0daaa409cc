"""Strips of decoded pictures: a path above the fade of its pixels, one latent from end to end; and their films."""

from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from aeexplorer.analysis.latents.paths import Film
from aeexplorer.data.dataset import Field
from aeexplorer.views.palette import ACCENT
from aeexplorer.views.pictures.animations import gif, mp4
from aeexplorer.views.pictures.pictures import GUTTER, below, pictured, sized, tile

_FRAME = 2
_GROUND = 128
_MILLISECONDS, _REST = 70, 600
_RATE = 15


def path_strip(film: Film, faded: Mapping[str, np.ndarray], field: Field, side: int, columns: int) -> Image.Image:
    """Frames of a path above what the fade of the pixels shows there, at most so many in a row.

    Those of the samples that it goes through are framed.
    """
    rows = [sized(pictured(field, frames[field.name]), side) for frames in (film.frames, faded)]
    blocks = []
    for start in range(0, len(rows[0]), columns):
        decoded, blended = (row[start : start + columns] for row in rows)
        block = tile(np.concatenate([decoded, blended]), len(decoded))
        draw, (height, width) = ImageDraw.Draw(block), decoded.shape[1:3]
        for place in (film.stops - start)[(film.stops >= start) & (film.stops < start + columns)].tolist():
            left = place * (width + GUTTER)
            draw.rectangle([left, 0, left + width - 1, height - 1], outline=ImageColor.getrgb(ACCENT), width=_FRAME)
        blocks.append(block)
    return below(blocks)


def beside_each_other(field: Field, *films: np.ndarray, side: int) -> np.ndarray:
    """Stored samples ``(frames, *shape)`` of each film → uint8 ``(frames, h, w, 3)``, the films from left to right."""
    shown = [sized(pictured(field, film), side) for film in films]
    gutter = np.full((*shown[0].shape[:2], 2 * GUTTER, 3), _GROUND, np.uint8)
    parts = [part for film in shown for part in (gutter, film)]
    return np.concatenate(parts[1:], axis=2)


def film_gif(pictures: np.ndarray, turning: bool = False) -> bytes:
    """An animated GIF of uint8 ``(frames, h, w, 3)``; one that does not turn back by itself rests at its ends."""
    inner = [_MILLISECONDS] * max(0, len(pictures) - 2)
    return gif(pictures, _MILLISECONDS if turning or len(pictures) < 2 else [_REST, *inner, _REST])


def film_mp4(pictures: np.ndarray) -> bytes:
    """An MP4 of uint8 ``(frames, h, w, 3)``."""
    return mp4(pictures, _RATE)
