"""Combine many small pictures into one image of a limited file size."""

import math
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from aeexplorer.views.pictures.pictures import resize_pictures

MAX_SIDE = 64
"""Largest length of the longer side of a picture, in pixels."""
_QUALITIES = ((MAX_SIDE, 0), (MAX_SIDE, 80), (48, 75), (32, 75), (32, 50), (24, 50), (16, 40))
"""Longer side in pixels and quality (0: lossless), the best first."""
_MAX_WEBP_SIDE = 16_383
"""Largest side of a WebP image, in pixels."""


@dataclass(frozen=True)
class Sheet:
    """An image of equally large pictures, row by row, without gaps.

    Parameters
    ----------
    content
        The image file.
    media_type
        Media type of the file, such as ``image/png``.
    width, height
        Size of one picture, in pixels.
    columns
        Pictures per row.
    """

    content: bytes
    media_type: str
    width: int
    height: int
    columns: int


def build_sheet(pictures: np.ndarray, budget: float) -> Sheet | None:
    """Combine pictures into one sheet, in the best quality that fits a budget.

    Parameters
    ----------
    pictures
        uint8 ``(m, h, w, 3)``.
    budget
        Largest size of the file, in bytes.

    Returns
    -------
    Sheet or None
        None if even the lowest quality exceeds the budget.
    """
    for side, quality in _QUALITIES:
        small = pictures if max(pictures.shape[1:3]) <= side else resize_pictures(pictures, side)
        columns = math.isqrt(len(small) - 1) + 1
        image = _arrange(small, columns)
        content, media_type = _encode_lossy(image, quality) if quality else _encode_lossless(image)
        if len(content) <= budget:
            return Sheet(content, media_type, small.shape[2], small.shape[1], columns)
    return None


def _arrange(pictures: np.ndarray, columns: int) -> Image.Image:
    """Arrange pictures row by row in one image, grey if all of them are."""
    count, height, width = pictures.shape[:3]
    rows = -(-count // columns)
    sheet = np.zeros((rows * columns, height, width, 3), np.uint8)
    sheet[:count] = pictures
    sheet = sheet.reshape(rows, columns, height, width, 3).swapaxes(1, 2).reshape(rows * height, columns * width, 3)
    grey = (sheet[..., :1] == sheet).all()
    return Image.fromarray(sheet[..., 0] if grey else sheet)


def _encode_lossless(image: Image.Image) -> tuple[bytes, str]:
    """Encode an image as PNG or WebP, whichever is smaller; return the content and its media type."""
    png, webp = BytesIO(), BytesIO()
    image.save(png, "PNG", optimize=True)
    if max(image.size) <= _MAX_WEBP_SIDE:
        image.save(webp, "WEBP", lossless=True, quality=60, method=2)
        if webp.tell() < png.tell():
            return webp.getvalue(), "image/webp"
    return png.getvalue(), "image/png"


def _encode_lossy(image: Image.Image, quality: int) -> tuple[bytes, str]:
    """Encode an image as WebP, or as JPEG if it is too large for WebP; return the content and its media type."""
    out = BytesIO()
    if max(image.size) <= _MAX_WEBP_SIDE:
        image.save(out, "WEBP", quality=quality, method=3)
        return out.getvalue(), "image/webp"
    image.save(out, "JPEG", quality=quality)
    return out.getvalue(), "image/jpeg"
