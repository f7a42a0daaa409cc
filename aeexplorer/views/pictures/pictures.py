"""Pictures of pictures: samples tiled into one image, crisp, on a transparent ground."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from aeexplorer.analysis.samples.reconstruction import Reconstructions
from aeexplorer.data.dataset import Field
from aeexplorer.modalities.base import pictured_modality
from aeexplorer.views.palette import CATEGORIES
from aeexplorer.views.pictures.png import encode

GUTTER = 2
_NEGATIVE, _MIDDLE, _POSITIVE = np.array([[0, 114, 178], [247, 247, 247], [213, 94, 0]], np.float32)
_MARKED = CATEGORIES[1]


def pictured(field: Field, samples: np.ndarray, ids: np.ndarray | None = None) -> np.ndarray:
    """Stored samples ``(m, *shape)`` of a field that people see as pictures → uint8 ``(m, h, w, 3)``.

    Where their ids are given, samples that do not have the field are a grey cross.
    """
    pictures = pictured_modality(field).pictures(np.asarray(samples))
    if ids is not None and field.present is not None:
        pictures[~field.present[ids]] = _cross(*pictures.shape[1:3])
    return pictures


def _cross(height: int, width: int) -> np.ndarray:
    """Grey, with both diagonals in a darker grey: uint8 ``(h, w, 3)``."""
    down, right = np.mgrid[0:height, 0:width] + 0.5
    near = np.minimum(abs(down / height - right / width), abs(down / height + right / width - 1)) < 0.6 / min(height, width)
    return np.where(near, 90, 150).astype(np.uint8)[..., None].repeat(3, -1)


def codes_in_picture(field: Field, grid: np.ndarray) -> np.ndarray:
    """Codes of a sample as they lie in its picture, ``(rows, columns)``; as given where they do not."""
    return pictured_modality(field).arrange_codes(grid)


def difference_rgb(differences: np.ndarray, limit: float) -> np.ndarray:
    """Differences ``(m, h, w)`` → uint8 ``(m, h, w, 3)``.

    White is none, blue too low, orange too high; full colour from `limit` on.
    """
    share = np.clip(np.nan_to_num(differences)[..., None] / max(limit, 1e-9), -1, 1)
    colours = _MIDDLE + np.where(share < 0, -share * (_NEGATIVE - _MIDDLE), share * (_POSITIVE - _MIDDLE))
    return np.round(colours).astype(np.uint8)


def sized(pictures: np.ndarray, side: int) -> np.ndarray:
    """uint8 ``(m, h, w, 3)`` with the longer side as near below `side` as a whole factor takes it; larger ones shrink to it."""
    longest = max(pictures.shape[1:3])
    if longest <= side:
        factor = side // longest
        return pictures.repeat(factor, 1).repeat(factor, 2)
    height, width = (max(1, round(length * side / longest)) for length in pictures.shape[1:3])
    return np.stack([np.asarray(Image.fromarray(p).resize((width, height), Image.Resampling.BOX)) for p in pictures])


def tile(pictures: np.ndarray, columns: int, gutter: int = GUTTER) -> Image.Image:
    """uint8 ``(m, h, w, 3)`` row by row into one RGBA image; gutters and empty places are transparent."""
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
    """uint8 ``(rows·columns, h, w, 3)`` edge to edge, row by row: ``(rows·h, columns·w, 3)``."""
    height, width = pictures.shape[1:3]
    return pictures.reshape(-1, columns, height, width, 3).swapaxes(1, 2).reshape(-1, columns * width, 3)


def comparison(shown: Reconstructions, field: Field, side: int, columns: int = 12) -> Image.Image:
    """Inputs above reconstructions above differences, in blocks of at most so many columns.

    The difference's full colours stand for the largest difference among all that is shown.
    """
    gaps = pictured_modality(field).difference_images(shown.differences[field.name])
    limit = float(np.nanmax(np.abs(gaps), initial=0.0))
    inputs = pictured(field, shown.inputs[field.name], shown.ids)
    rows = [inputs, pictured(field, shown.outputs[field.name]), difference_rgb(gaps, limit)]
    blocks = []
    for start in range(0, len(gaps), columns):
        block = np.concatenate([sized(row[start : start + columns], side) for row in rows])
        blocks.append(tile(block, len(block) // 3))
    return below(blocks)


def code_grid_picture(picture: np.ndarray, codes: np.ndarray, side: int, marked: int | None = None) -> Image.Image:
    """A picture uint8 ``(h, w, 3)`` under the grid of its codes ``(rows, columns)``; cells that hold `marked` are framed."""
    pixels = sized(picture[None], side)[0]
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


def png(image: Image.Image) -> bytes:
    """PNG bytes, packed quickly rather than tightly."""
    return encode(np.asarray(image))


def below(images: list[Image.Image], gutter: int = 4 * GUTTER) -> Image.Image:
    """Images one below another, on a transparent ground."""
    width = max(image.width for image in images)
    canvas = Image.new("RGBA", (width, sum(image.height for image in images) + gutter * (len(images) - 1)))
    top = 0
    for image in images:
        canvas.paste(image, (0, top))
        top += image.height + gutter
    return canvas
