"""Samples as pictures, and images tiled from them on a transparent background."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from aeexplorer.analysis.samples.reconstruction import Reconstructions
from aeexplorer.data.dataset import Field
from aeexplorer.modalities.base import pictured_modality
from aeexplorer.views.palette import CATEGORIES
from aeexplorer.views.pictures.png import encode_png

GUTTER = 2
"""Gap between tiles, in pixels."""
_NEGATIVE, _MIDDLE, _POSITIVE = np.array([[0, 114, 178], [247, 247, 247], [213, 94, 0]], np.float32)
_MARKED = CATEGORIES[1]


def field_pictures(field: Field, samples: np.ndarray, ids: np.ndarray | None = None) -> np.ndarray:
    """Return stored samples ``(m, *shape)`` of a field as pictures, uint8 ``(m, h, w, 3)``.

    If ids are given, samples without the field become a grey cross.
    """
    pictures = pictured_modality(field).pictures(np.asarray(samples))
    if ids is not None and field.present is not None:
        pictures[~field.present[ids]] = _cross_picture(*pictures.shape[1:3])
    return pictures


def _cross_picture(height: int, width: int) -> np.ndarray:
    """Return a grey picture with dark diagonals, uint8 ``(h, w, 3)``."""
    down, right = np.mgrid[0:height, 0:width] + 0.5
    is_diagonal = np.minimum(abs(down / height - right / width), abs(down / height + right / width - 1)) < 0.6 / min(
        height, width
    )
    return np.where(is_diagonal, 90, 150).astype(np.uint8)[..., None].repeat(3, -1)


def codes_in_picture(field: Field, grid: np.ndarray) -> np.ndarray:
    """Arrange the codes of a sample as in its picture, ``(rows, columns)``. Modalities without a layout return them as given."""
    return pictured_modality(field).arrange_codes(grid)


def difference_rgb(differences: np.ndarray, limit: float) -> np.ndarray:
    """Colour differences ``(m, h, w)``: uint8 ``(m, h, w, 3)``.

    White is no difference, blue too low, orange too high. From `limit` on, the colour is strongest.
    """
    share = np.clip(np.nan_to_num(differences)[..., None] / max(limit, 1e-9), -1, 1)
    colours = _MIDDLE + np.where(share < 0, -share * (_NEGATIVE - _MIDDLE), share * (_POSITIVE - _MIDDLE))
    return np.round(colours).astype(np.uint8)


def resize_pictures(pictures: np.ndarray, side: int) -> np.ndarray:
    """Resize pictures uint8 ``(m, h, w, 3)`` so that the longer side is at most `side`.

    Small pictures are magnified by the largest whole factor that fits. Larger pictures shrink to exactly `side`.
    """
    longest = max(pictures.shape[1:3])
    if longest <= side:
        factor = side // longest
        return pictures.repeat(factor, 1).repeat(factor, 2)
    height, width = (max(1, round(length * side / longest)) for length in pictures.shape[1:3])
    return np.stack([np.asarray(Image.fromarray(p).resize((width, height), Image.Resampling.BOX)) for p in pictures])


def tile(pictures: np.ndarray, columns: int, gutter: int = GUTTER) -> Image.Image:
    """Tile pictures uint8 ``(m, h, w, 3)`` row by row into one RGBA image with transparent gutters."""
    count, height, width = pictures.shape[:3]
    columns = min(columns, count)
    rows = -(-count // columns)
    canvas = np.zeros((rows * (height + gutter) - gutter, columns * (width + gutter) - gutter, 4), np.uint8)
    for i, picture in enumerate(pictures):
        top, left = i // columns * (height + gutter), i % columns * (width + gutter)
        canvas[top : top + height, left : left + width, :3] = picture
        canvas[top : top + height, left : left + width, 3] = 255
    return Image.fromarray(canvas)


def mosaic(pictures: np.ndarray, columns: int) -> np.ndarray:
    """Tile pictures uint8 ``(rows·columns, h, w, 3)`` row by row and edge to edge: ``(rows·h, columns·w, 3)``."""
    height, width = pictures.shape[1:3]
    return pictures.reshape(-1, columns, height, width, 3).swapaxes(1, 2).reshape(-1, columns * width, 3)


def comparison_image(reconstructions: Reconstructions, field: Field, side: int, columns: int = 12) -> Image.Image:
    """Tile inputs above reconstructions above differences, in blocks of at most `columns` columns.

    The strongest colour stands for the largest difference of all samples.
    """
    differences = pictured_modality(field).difference_images(reconstructions.differences[field.name])
    limit = float(np.nanmax(np.abs(differences), initial=0.0))
    inputs = field_pictures(field, reconstructions.inputs[field.name], reconstructions.ids)
    rows = [inputs, field_pictures(field, reconstructions.outputs[field.name]), difference_rgb(differences, limit)]
    blocks = []
    for start in range(0, len(differences), columns):
        block = np.concatenate([resize_pictures(row[start : start + columns], side) for row in rows])
        blocks.append(tile(block, len(block) // 3))
    return stack_images(blocks)


def code_grid_picture(picture: np.ndarray, codes: np.ndarray, side: int, marked: int | None = None) -> Image.Image:
    """Draw the grid of codes ``(rows, columns)`` over a picture uint8 ``(h, w, 3)``, with a frame around each code `marked`."""
    pixels = resize_pictures(picture[None], side)[0]
    image = Image.fromarray(pixels).convert("RGBA")
    layer = Image.new("RGBA", image.size)
    draw = ImageDraw.Draw(layer)
    height, width = pixels.shape[:2]
    tops = np.linspace(0, height, len(codes) + 1).round().astype(int)
    lefts = np.linspace(0, width, codes.shape[1] + 1).round().astype(int)
    for x in lefts[1:-1]:
        draw.line([(int(x), 0), (int(x), height)], fill=(128, 128, 128, 160))
    for y in tops[1:-1]:
        draw.line([(0, int(y)), (width, int(y))], fill=(128, 128, 128, 160))
    font = ImageFont.load_default(max(9, min(16, int(0.4 * width / codes.shape[1]))))
    fits = width / codes.shape[1] >= font.getlength(str(codes.max())) + 4
    for row, column in np.ndindex(*codes.shape):
        left, top, right, bottom = (int(v) for v in (lefts[column], tops[row], lefts[column + 1], tops[row + 1]))
        if codes[row, column] == marked:
            draw.rectangle([left, top, right - 1, bottom - 1], outline=_MARKED, width=3)
        if fits:
            middle = ((left + right) / 2, (top + bottom) / 2)
            draw.text(middle, str(codes[row, column]), "white", font, "mm", stroke_width=2, stroke_fill=(0, 0, 0, 200))
    return Image.alpha_composite(image, layer)


def png_bytes(image: Image.Image) -> bytes:
    """Encode an image as PNG, quickly rather than tightly."""
    return encode_png(np.asarray(image))


def stack_images(images: list[Image.Image], gutter: int = 4 * GUTTER) -> Image.Image:
    """Stack images below one another on a transparent background."""
    width = max(image.width for image in images)
    canvas = Image.new("RGBA", (width, sum(image.height for image in images) + gutter * (len(images) - 1)))
    top = 0
    for image in images:
        canvas.paste(image, (0, top))
        top += image.height + gutter
    return canvas
