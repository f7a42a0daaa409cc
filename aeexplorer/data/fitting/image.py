"""Picture files as samples of pictures: turned upright, cropped to the shape of the field, in its size and colours."""

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.data.fitting.base import Fitter
from aeexplorer.data.uploads.members import Member


def _read(member: Member, field: Field) -> np.ndarray:
    from aeexplorer.data.readers.image import ImageReader, luminance

    channels, height, width = field.shape
    levels = {int(largest): (low, high) for largest, (low, high) in field.meta.get("levels", {}).items()}
    pixels = ImageReader(width, height, "crop", levels).read(member)
    if channels == 1 and pixels.ndim == 3:
        pixels = luminance(pixels)
    planes = pixels.transpose(2, 0, 1) if pixels.ndim == 3 else pixels[None].repeat(channels, 0)
    return planes[None] if field.dtype == "uint8" else (planes[None] / 255).astype(np.float32)


FITTER = Fitter(
    "image",
    "PNG, JPEG, WebP, BMP, TIFF or GIF pictures",
    ("png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff", "gif"),
    lambda field: field.shape[0] in (1, 3),
    _read,
)
