"""Reader of one picture file: checked before it is decoded, then turned upright and reduced to 8 bits of grey or RGB."""

import io
import struct
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import PIL.WebPImagePlugin  # noqa: F401  Pillow does not load this plugin by itself
from PIL import Image, ImageFile, ImageOps

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.uploads.members import Member

FORMATS = ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"]
MAX_FILE_BYTES = 64 << 20
MAX_PIXELS = 1 << 26
_MAX_16_BITS = 65535
_ORIENTATION_TAG = 0x0112  # EXIF
_DECODE_ERRORS = (OSError, SyntaxError, ValueError, TypeError, struct.error, EOFError, KeyError, IndexError, OverflowError)
_GREY_MODES = ("1", "L", "LA", "La")
_COLOUR_MODES = ("P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV")
_ANIMATED = "animated; only the first frame is used"
_MULTIPLE = {"GIF": _ANIMATED, "WEBP": _ANIMATED, "TIFF": "with several pages; only the first page is used"}

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


def open_image(member: Member) -> ImageFile.ImageFile:
    """Read the header of a picture, without decoding its pixels.

    Raises
    ------
    UploadRejected
        If the file is not a picture, or has no pixels or too many.
    """
    content = member.read(MAX_FILE_BYTES)
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        width, height = picture.size
    except Image.DecompressionBombError:
        raise member.rejected(f"the picture has more than {MAX_PIXELS:,} pixels", "Scale it down") from None
    except _DECODE_ERRORS:
        fix = f"Save it again as one of {', '.join(FORMATS)}"
        raise member.rejected("the file is not a readable picture", fix) from None
    if width * height > MAX_PIXELS:
        raise member.rejected(f"the picture has {width} × {height} pixels, more than {MAX_PIXELS:,}", "Scale it down")
    if width * height == 0:
        raise member.rejected("the picture has no pixels", "Remove it")
    return picture


def upright_size(picture: ImageFile.ImageFile) -> tuple[int, int]:
    """Return width and height after turning the picture upright."""
    width, height = picture.size
    is_turned = picture.format != "TIFF" and _orientation(picture) >= 5  # Pillow has already turned the size of a TIFF
    return (height, width) if is_turned else (width, height)


def _orientation(picture: ImageFile.ImageFile) -> int:
    """Return the EXIF orientation: 1 is upright, 5 to 8 swap width and height."""
    if picture.format == "PNG" and "exif" not in picture.info:
        return 1
    try:
        return int(picture.getexif().get(_ORIENTATION_TAG, 1))
    except _DECODE_ERRORS:
        return 1


class ImageReader:
    """Reads pictures at a fixed size, and counts the conversions.

    Parameters
    ----------
    width, height
        Size of the result in pixels.
    fit
        ``crop`` or ``letterbox``.
    levels
        Values that become black and white, by the largest value of the format, found over the pictures of a set; without an
        entry, zero and the largest value do.
    """

    def __init__(
        self, width: int, height: int, fit: Literal["crop", "letterbox"], levels: Mapping[int, tuple[int, int]] | None = None
    ) -> None:
        self.size = (width, height)
        self.fit = fit
        self.levels = levels or {}
        self.reset()

    @classmethod
    def read_range(cls, member: Member) -> tuple[int, int, int]:
        """Return the largest value that the format of a picture has, and the lowest and highest value in it."""
        picture = open_image(member)
        reader = cls(*picture.size, "crop")
        with _damage(member):
            if picture.mode.startswith("I"):
                values = reader._checked_values(member, np.asarray(picture))
                return _MAX_16_BITS, int(values.min()), int(values.max())
            low, high = zip(*_extrema(reader._decode(member, picture)), strict=True)
            return 255, int(min(low)), int(max(high))

    def reset(self) -> None:
        """Set the counts of conversions to zero."""
        self.resized = 0
        self.conversions: Counter[str] = Counter()

    def read(self, member: Member) -> np.ndarray:
        """Read a picture as uint8: ``(height, width)`` if it is grey, else ``(height, width, 3)``.

        Raises
        ------
        UploadRejected
            If the file is not a picture, has no pixels or too many, is damaged, or has values or colours of an unsupported kind.
        """
        picture = open_image(member)
        with _damage(member):
            return np.asarray(self._resize(self._scale(self._decode(member, picture), picture.mode)))

    def _decode(self, member: Member, picture: ImageFile.ImageFile) -> Image.Image:
        """Decode a picture, turn it upright, and convert it to mode L or RGB."""
        if picture.format == "JPEG":
            picture.draft(None, (2 * self.size[0], 2 * self.size[1]))
        elif picture.format in _MULTIPLE and getattr(picture, "is_animated", False):
            self.conversions[_MULTIPLE[picture.format]] += 1
        if any(";16" in str(tile.args[0] if isinstance(tile.args, tuple) else tile.args) for tile in picture.tile):
            self.conversions["reduced from 16 bits to 8 bits"] += 1
        upright: Image.Image = picture
        if _orientation(picture) != 1:
            self.conversions["turned upright, as their EXIF data say"] += 1
            upright = ImageOps.exif_transpose(picture)
        if upright.mode in ("L", "RGB") and "transparency" not in upright.info:
            upright.load()
            return upright
        return self._to_grey_or_rgb(member, upright)

    def _to_grey_or_rgb(self, member: Member, picture: Image.Image) -> Image.Image:
        if picture.mode == "F":
            return self._from_floats(member, np.asarray(picture))
        if picture.mode.startswith("I"):
            values = self._checked_values(member, np.asarray(picture))
            if _MAX_16_BITS in self.levels:
                low, high = self.levels[_MAX_16_BITS]
                return Image.fromarray(
                    np.rint((values.astype(np.float64) - low) * (255 / (high - low))).clip(0, 255).astype(np.uint8)
                )
            return Image.fromarray((values >> 8).astype(np.uint8))
        is_grey = picture.mode in _GREY_MODES
        if not is_grey and picture.mode not in _COLOUR_MODES:
            raise member.rejected(f"the colour mode {picture.mode} is not supported", "Save the picture as grey or RGB")
        if picture.has_transparency_data:
            self.conversions["transparent, placed on white"] += 1
            background = Image.new("RGBA", picture.size, "white")
            return Image.alpha_composite(background, picture.convert("RGBA")).convert("L" if is_grey else "RGB")
        if picture.mode not in ("1", "P"):
            self.conversions[f"converted from {picture.mode} to RGB"] += 1
        return picture.convert("L" if is_grey else "RGB")

    @staticmethod
    def _checked_values(member: Member, values: np.ndarray) -> np.ndarray:
        if values.min() < 0 or values.max() > _MAX_16_BITS:
            reason = f"the values range from {values.min():,} to {values.max():,}, beyond 16 bits"
            raise member.rejected(reason, "Save the picture with 8 or 16 bits per channel, or upload a .npy array")
        return values

    def _scale(self, picture: Image.Image, mode: str) -> Image.Image:
        """Scale a decoded picture by the levels of its set; one of 16 bits, by its first mode, is scaled already."""
        if 255 not in self.levels or mode.startswith(("I", "F")):
            return picture
        low, high = self.levels[255]
        table = np.rint((np.arange(256) - low) * (255 / (high - low))).clip(0, 255).astype(int).tolist()
        return picture.point(table * len(picture.getbands()))

    def _from_floats(self, member: Member, values: np.ndarray) -> Image.Image:
        if not (values.min() >= 0 and values.max() <= 1):
            raise member.rejected("the values are not all numbers within [0, 1]", "Scale them, or upload a .npy array")
        self.conversions["converted from numbers within [0, 1] to 8 bits"] += 1
        return Image.fromarray(np.rint(values * 255).astype(np.uint8))

    def _resize(self, picture: Image.Image) -> Image.Image:
        if picture.size == self.size:
            return picture
        self.resized += 1
        if self.fit == "crop":
            return ImageOps.fit(picture, self.size, Image.Resampling.BICUBIC)
        return ImageOps.pad(picture, self.size, Image.Resampling.BICUBIC)


@contextmanager
def _damage(member: Member) -> Iterator[None]:
    """Refuse a picture whose data cannot be decoded."""
    try:
        yield
    except (MemoryError, UploadRejected):
        raise
    except _DECODE_ERRORS as error:
        cut = "truncated" in str(error) or isinstance(error, EOFError)
        reason = "it is cut off" if cut else "its data cannot be decoded"
        raise member.rejected(f"the picture is damaged: {reason}", "Save it again, or remove it") from None


def _extrema(picture: Image.Image) -> list[tuple[int, int]]:
    """Return the lowest and highest value of each channel."""
    found: Any = picture.getextrema()
    return [found] if len(picture.getbands()) == 1 else list(found)


def has_colour(pixels: np.ndarray) -> bool:
    """Return whether red, green and blue of pixels ``(..., 3)`` differ anywhere."""
    return bool((pixels[..., 0] != pixels[..., 1]).any() or (pixels[..., 0] != pixels[..., 2]).any())


def luminance(pixels: np.ndarray) -> np.ndarray:
    """Convert uint8 RGB ``(..., 3)`` to ITU-R 601 luma, uint8 ``(...)``."""
    return np.rint(pixels @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
