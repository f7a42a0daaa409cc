"""Many small pictures as one, as small as they can be made within a budget."""

import math
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from aeexplorer.views.pictures.pictures import resize_pictures

SIDE = 64
"""Longer side of a picture at most, in pixels."""
_FORMS = ((SIDE, 0), (SIDE, 80), (48, 75), (32, 75), (32, 50), (24, 50), (16, 40))
"""Longer side and quality (0: lossless), the best first."""


@dataclass(frozen=True)
class Sheet:
    """Pictures side by side, row by row, without gaps.

    Parameters
    ----------
    content, media_type
        The sheet as a file.
    width, height
        Of one picture, in pixels.
    columns
        Pictures in a row.
    """

    content: bytes
    media_type: str
    width: int
    height: int
    columns: int


def sheet_of(pictures: np.ndarray, budget: float) -> Sheet | None:
    """Pictures uint8 ``(m, h, w, 3)`` on one sheet of at most `budget` bytes, in the best form that fits, if any."""
    for side, quality in _FORMS:
        small = pictures if max(pictures.shape[1:3]) <= side else resize_pictures(pictures, side)
        columns = math.isqrt(len(small) - 1) + 1
        image = _laid(small, columns)
        found = _lossy(image, quality) if quality else _lossless(image)
        if found and len(found[0]) <= budget:
            return Sheet(*found, small.shape[2], small.shape[1], columns)
    return None


def _laid(pictures: np.ndarray, columns: int) -> Image.Image:
    count, height, width = pictures.shape[:3]
    rows = -(-count // columns)
    sheet = np.zeros((rows * columns, height, width, 3), np.uint8)
    sheet[:count] = pictures
    sheet = sheet.reshape(rows, columns, height, width, 3).swapaxes(1, 2).reshape(rows * height, columns * width, 3)
    grey = (sheet[..., :1] == sheet).all()
    return Image.fromarray(sheet[..., 0] if grey else sheet)


def _lossless(image: Image.Image) -> tuple[bytes, str]:
    """The smaller of PNG and WebP."""
    png, webp = BytesIO(), BytesIO()
    image.save(png, "PNG", optimize=True)
    if max(image.size) <= _WEBP:
        image.save(webp, "WEBP", lossless=True, quality=60, method=2)
        if webp.tell() < png.tell():
            return webp.getvalue(), "image/webp"
    return png.getvalue(), "image/png"


def _lossy(image: Image.Image, quality: int) -> tuple[bytes, str]:
    out = BytesIO()
    if max(image.size) <= _WEBP:
        image.save(out, "WEBP", quality=quality, method=3)
        return out.getvalue(), "image/webp"
    image.save(out, "JPEG", quality=quality)
    return out.getvalue(), "image/jpeg"


_WEBP = 16_383
"""Pixels on a side of a WebP file at most."""
