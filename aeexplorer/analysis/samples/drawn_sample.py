"""Convert drawings and photos to samples that look like the pictures of a dataset.

`measure_layout` describes how the pictures of a dataset are placed on their background; `apply_layout` scales, recolours and
places a drawing in the same way.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.data.dataset import Dataset, Field

_MAX_PICTURES = 400
_MIN_CONTRAST = 64
"""Difference from the background that makes a pixel part of the foreground, in levels of 255."""
_MAX_EXTENT_RANGE, _MAX_CENTRE_STD = 0.12, 0.04
"""Largest variation of size and position with which pictures count as alike, as shares of the longer side."""


@dataclass(frozen=True)
class PictureLayout:
    """How the foreground of a dataset's pictures is placed on the background.

    Parameters
    ----------
    background
        Colour of the borders, one level of 255 per channel.
    has_plain_background
        Whether nearly all pictures have a border of that colour.
    bright_foreground
        Whether the foreground is brighter than the background.
    extent
        Longer side of the foreground, as a share of the longer side of the picture. None where size or position vary between
        pictures; such pictures must not be moved.
    by_mass
        Whether the centre of mass is at the same place in all pictures. Otherwise the middle of the bounding box is.
    middle
        Centre of the foreground (of mass, or of the bounding box), as shares of height and width.
    stroke_width
        Approximate width of lines, as a share of the longer side of the picture.
    """

    background: tuple[int, ...]
    has_plain_background: bool
    bright_foreground: bool
    extent: float | None
    by_mass: bool
    middle: tuple[float, float] = (0.5, 0.5)
    stroke_width: float = 0.09

    @property
    def caption(self) -> str:
        """Sentence for the user that describes what centring does."""
        middle = "centre of mass" if self.by_mass else "outline"
        return f"Matches the dataset: scales the drawing to {self.extent or 1:.0%} of the picture and centres its {middle}"


def measure_layout(dataset: Dataset, field: Field) -> PictureLayout:
    """Measure the layout of up to 400 pictures of a field."""
    present = dataset.ids() if field.present is None else np.flatnonzero(field.present).astype(np.int32)
    pictures = _levels(np.array(field.array[sample_ids(dataset, _MAX_PICTURES, present)]))  # (m, channels, h, w)

    # background
    borders = _border(pictures)  # (m, channels, pixels)
    background = np.median(borders, (0, 2))
    plain = (np.abs(np.median(borders, 2) - background) < _MIN_CONTRAST / 4).all(1).mean() > 0.9
    contrast = np.abs(pictures - background[:, None, None]).max(1)  # (m, h, w)
    brightest, darkest = np.median(pictures.max((1, 2, 3))), np.median(pictures.min((1, 2, 3)))
    bright = bool(brightest - background.mean() > background.mean() - darkest)

    # size and position of the foreground
    extents, outlines, masses, strokes = [], [], [], []
    for picture in contrast:
        if (picture > _MIN_CONTRAST).any():
            box = _bounding_box(picture > _MIN_CONTRAST)
            strokes.append(_stroke_width(picture > _MIN_CONTRAST) / max(picture.shape))
            extents.append(max(box[1] - box[0], box[3] - box[2]) / max(picture.shape))
            outlines.append(np.array([box[0] + box[1], box[2] + box[3]]) / 2)
            masses.append(_centre_of_mass(picture))
    if not plain or len(extents) < 0.9 * len(contrast):
        return PictureLayout(tuple(background.round().astype(int).tolist()), bool(plain), bright, None, False)

    # whether the pictures are alike
    longest = max(contrast.shape[1:])
    spread = {by_mass: np.std(centres, 0).max() / longest for by_mass, centres in ((True, masses), (False, outlines))}
    by_mass = bool(spread[True] < spread[False])
    extent_range = np.quantile(extents, 0.9) - np.quantile(extents, 0.1)
    alike = extent_range <= max(_MAX_EXTENT_RANGE, 1 / longest) and spread[by_mass] <= max(_MAX_CENTRE_STD, 0.5 / longest)
    middle = np.mean(masses if by_mass else outlines, 0) / contrast.shape[1:]
    return PictureLayout(
        background=tuple(background.round().astype(int).tolist()),
        has_plain_background=True,
        bright_foreground=bright,
        extent=float(np.median(extents)) if alike else None,
        by_mass=by_mass,
        middle=(float(middle[0]), float(middle[1])),
        stroke_width=float(np.median(strokes)),
    )


def resize_picture(pixels: np.ndarray, field: Field) -> np.ndarray:
    """Resize pixels uint8 ``(channels, h, w)`` to a sample of the field ``(channels, height, width)``, as uploads are resized."""
    height, width = field.shape[1:]
    planes = [np.asarray(Image.fromarray(p).resize((width, height), Image.Resampling.BICUBIC)) for p in pixels]
    return _to_sample(np.stack(planes), field)


def invert_picture(sample: np.ndarray) -> np.ndarray:
    """Swap dark and bright in a sample."""
    return 255 - sample if sample.dtype == np.uint8 else 1 - sample


def has_opposite_background(pixels: np.ndarray, layout: PictureLayout) -> bool:
    """Return whether the background of pixels ``(channels, h, w)`` is closer to the inverse of the dataset's background."""
    background = np.median(_border(_levels(pixels[None])), (0, 2)).mean()
    expected = np.mean(layout.background)
    return layout.has_plain_background and abs(255 - background - expected) < abs(background - expected)


def apply_layout(pixels: np.ndarray, field: Field, layout: PictureLayout) -> np.ndarray:
    """Scale and place the foreground of a picture as in the pictures of the dataset.

    In a picture with one channel the background is removed first, whatever its brightness. A photo of ink on paper then
    becomes ink alone.

    Parameters
    ----------
    pixels
        Picture uint8 ``(channels, h, w)``, with a higher resolution than the field.
    field
        Field of pictures.
    layout
        Layout of the field, with an extent.

    Returns
    -------
    numpy.ndarray
        Sample of the field ``(channels, height, width)``; the plain background where the picture has no foreground.
    """
    channels, height, width = field.shape

    # contrast to the picture's own background, without the noise of its border
    levels = _levels(pixels[None])[0]
    own_background = np.median(_border(levels[None]), (0, 2))
    contrast = np.abs(levels - own_background[:, None, None]).max(0)
    noise = min(float(np.quantile(np.abs(_border(levels[None]) - own_background[:, None]), 0.98)), contrast.max() / 2)
    contrast = np.clip(contrast - noise, 0, None) * (255 / max(contrast.max() - noise, 1.0))
    canvas = np.empty((channels, height, width), np.uint8)
    canvas[:] = np.array(layout.background)[:, None, None]
    if not (contrast > _MIN_CONTRAST).any() or layout.extent is None:
        return _to_sample(canvas, field)

    # recolour, crop and scale the foreground
    top, bottom, left, right = _bounding_box(contrast > _MIN_CONTRAST)
    if channels == 1:
        ink = 255 if layout.bright_foreground else 0
        levels = layout.background[0] + contrast[None] / 255 * (ink - layout.background[0])
    scale = layout.extent * max(height, width) / max(bottom - top, right - left)
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    crop = np.clip(levels[:, top:bottom, left:right], 0, 255).astype(np.uint8)
    small = np.stack([np.asarray(Image.fromarray(p).resize(size, Image.Resampling.BICUBIC)) for p in crop])

    # paste the part that lies within the canvas
    weight = np.abs(small.astype(float) - np.array(layout.background)[:, None, None]).max(0)
    middle = _centre_of_mass(weight) if layout.by_mass and weight.any() else np.array(small.shape[1:]) / 2
    corner = np.round(np.array([height, width]) * layout.middle - middle).astype(int)
    source = [
        slice(max(0, -start), max(0, min(side, whole - start)))
        for start, side, whole in zip(corner, small.shape[1:], (height, width), strict=True)
    ]
    target = [slice(start + part.start, start + part.stop) for start, part in zip(corner, source, strict=True)]
    canvas[:, target[0], target[1]] = small[:, source[0], source[1]]
    return _to_sample(canvas, field)


def _levels(samples: np.ndarray) -> np.ndarray:
    """Convert stored pictures or pixels to float64 levels from 0 to 255."""
    return samples.astype(np.float64) * (1 if samples.dtype == np.uint8 else 255)


def _to_sample(pixels: np.ndarray, field: Field) -> np.ndarray:
    """Convert pixels uint8 to the dtype and units of the field."""
    return pixels if field.dtype == "uint8" else (pixels / 255).astype(np.float32)


def _border(pictures: np.ndarray) -> np.ndarray:
    """Return the outermost pixels of pictures ``(m, channels, h, w)``: ``(m, channels, pixels)``."""
    edges = (pictures[..., 0, :], pictures[..., -1, :], pictures[..., 0], pictures[..., -1])
    return np.concatenate(edges, -1)


def _bounding_box(mask: np.ndarray) -> tuple[int, int, int, int]:
    """Return first row, last row + 1, first column and last column + 1 of a mask ``(h, w)``."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _stroke_width(mask: np.ndarray) -> float:
    """Estimate the width of the lines of a mask in pixels: twice the area over the length of the outline (Cauchy–Crofton)."""
    padded = np.pad(mask, 1)
    steps = (padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum()
    return float(2 * mask.sum() / (steps * np.pi / 4))


def _centre_of_mass(weights: np.ndarray) -> np.ndarray:
    """Return row and column of the centre of mass of weights ``(h, w)``, in pixels from the top left corner."""
    height, width = weights.shape
    moments = [weights.sum(1) @ (np.arange(height) + 0.5), weights.sum(0) @ (np.arange(width) + 0.5)]
    return np.array(moments) / weights.sum()
