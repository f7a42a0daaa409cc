"""One picture file → pixels: checked before it is decoded, turned upright, flattened, reduced to 8 bits, fitted."""

import io
import struct
import warnings
from collections import Counter
from typing import Literal

import numpy as np
import PIL.WebPImagePlugin  # noqa: F401  Pillow loads this reader only when asked
from PIL import Image, ImageFile, ImageOps

from aeexplorer.data.uploads.members import Member

FORMATS = ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"]
MAX_FILE = 64 << 20
MAX_PIXELS = 1 << 26
_ORIENTATION = 0x0112
_DAMAGED = (OSError, SyntaxError, ValueError, TypeError, struct.error, EOFError, KeyError, IndexError, OverflowError)
_GREY = ("1", "L", "LA", "La")
_COLOURED = ("P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV")
_PAGED = {"GIF": "animated, the first frame was taken", "WEBP": "animated, the first frame was taken"}
_PAGED["TIFF"] = "of several pages, the first was taken"

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


def opened(member: Member) -> ImageFile.ImageFile:
    """The picture's header, its pixels not yet decoded; refused when it is no picture or has too many pixels."""
    content = member.read(MAX_FILE)
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        width, height = picture.size
    except Image.DecompressionBombError:
        raise member.rejected(f"it has more than {MAX_PIXELS:,} pixels", "Make it smaller") from None
    except _DAMAGED:
        raise member.rejected("it is not a readable picture", f"Save it anew as one of {', '.join(FORMATS)}") from None
    if width * height > MAX_PIXELS:
        raise member.rejected(f"it has {width} × {height} pixels, more than {MAX_PIXELS:,}", "Make it smaller")
    if width * height == 0:
        raise member.rejected("it has no pixels", "Remove it")
    return picture


def upright_size(picture: ImageFile.ImageFile) -> tuple[int, int]:
    """Width and height as it is meant to be seen."""
    width, height = picture.size
    turned = picture.format != "TIFF" and _orientation(picture) >= 5  # Pillow has turned the size of a TIFF already
    return (height, width) if turned else (width, height)


def _orientation(picture: ImageFile.ImageFile) -> int:
    if picture.format == "PNG" and "exif" not in picture.info:
        return 1
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except _DAMAGED:
        return 1


class Decoder:
    """Decodes pictures to one size and counts what it converts.

    Parameters
    ----------
    width, height
        Size of the result in pixels.
    fit
        ``crop`` or ``letterbox``.
    """

    def __init__(self, width: int, height: int, fit: Literal["crop", "letterbox"]) -> None:
        self.size = (width, height)
        self.fit = fit
        self.reset()

    def reset(self) -> None:
        """Start counting anew."""
        self.resized = 0
        self.counts: Counter[str] = Counter()

    def decode(self, member: Member) -> np.ndarray:
        """uint8 ``(height, width)`` for a grey picture, ``(height, width, 3)`` for any other."""
        picture = opened(member)
        try:
            return np.asarray(self._fitted(self._plain(member, picture)))
        except MemoryError:
            raise
        except _DAMAGED as error:
            raise member.rejected(f"it is damaged ({error})", "Save it anew, or remove it") from None

    def _plain(self, member: Member, picture: ImageFile.ImageFile) -> Image.Image:
        """Decoded, upright, in mode L or RGB."""
        if picture.format == "JPEG":
            picture.draft(None, (2 * self.size[0], 2 * self.size[1]))
        elif picture.format in _PAGED and getattr(picture, "is_animated", False):
            self.counts[_PAGED[picture.format]] += 1
        if any(";16" in str(tile.args[0] if isinstance(tile.args, tuple) else tile.args) for tile in picture.tile):
            self.counts["reduced from 16 bits to 8"] += 1
        plain: Image.Image = picture
        if _orientation(picture) != 1:
            self.counts["turned upright as their EXIF data say"] += 1
            plain = ImageOps.exif_transpose(picture)
        if plain.mode in ("L", "RGB") and "transparency" not in plain.info:
            plain.load()
            return plain
        return self._converted(member, plain)

    def _converted(self, member: Member, picture: Image.Image) -> Image.Image:
        if picture.mode == "F":
            return self._from_floats(member, np.asarray(picture))
        if picture.mode.startswith("I"):
            values = np.asarray(picture)
            if values.min() < 0 or values.max() > 65535:
                reason = f"its values range from {values.min():,} to {values.max():,}, beyond 16 bits"
                raise member.rejected(reason, "Save it with 8 or 16 bits a channel, or give an .npy array")
            return Image.fromarray((values >> 8).astype(np.uint8))
        grey = picture.mode in _GREY
        if not grey and picture.mode not in _COLOURED:
            raise member.rejected(f"its colours are of the kind {picture.mode}", "Save it as grey or RGB")
        if picture.has_transparency_data:
            self.counts["transparent, laid on white"] += 1
            ground = Image.new("RGBA", picture.size, "white")
            return Image.alpha_composite(ground, picture.convert("RGBA")).convert("L" if grey else "RGB")
        if picture.mode not in ("1", "P"):
            self.counts[f"converted from {picture.mode} to RGB"] += 1
        return picture.convert("L" if grey else "RGB")

    def _from_floats(self, member: Member, values: np.ndarray) -> Image.Image:
        if not (values.min() >= 0 and values.max() <= 1):
            raise member.rejected("its values are no numbers within [0, 1]", "Scale them, or give an .npy array")
        self.counts["scaled from numbers within [0, 1] to 8 bits"] += 1
        return Image.fromarray(np.rint(values * 255).astype(np.uint8))

    def _fitted(self, picture: Image.Image) -> Image.Image:
        if picture.size == self.size:
            return picture
        self.resized += 1
        if self.fit == "crop":
            return ImageOps.fit(picture, self.size, Image.Resampling.BICUBIC)
        return ImageOps.pad(picture, self.size, Image.Resampling.BICUBIC)


def has_colour(pixels: np.ndarray) -> bool:
    """Whether red, green and blue of ``(..., 3)`` differ anywhere."""
    return bool((pixels[..., 0] != pixels[..., 1]).any() or (pixels[..., 0] != pixels[..., 2]).any())


def luminance(pixels: np.ndarray) -> np.ndarray:
    """ITU-R 601 luma, uint8, of uint8 ``(..., 3)``."""
    return np.rint(pixels @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
