"""Drawings and photos → pictures like those of a dataset: how its pictures lie, and laying others the same way."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.data.dataset import Dataset, Field

_LOOKED_AT = 400
_INK = 64  # levels of 255 that a pixel must differ from the ground by
_ALIKE, _CENTRED = 0.12, 0.04  # shares of the longer side


@dataclass(frozen=True)
class Habit:
    """How the pictures of a dataset lie on their ground.

    Parameters
    ----------
    ground
        Colour of the borders, a level of 255 for each channel.
    plain
        Whether nearly all pictures stand on that ground.
    bright
        Whether what stands on it is brighter than it.
    extent
        Longer side of what stands on it, as a share of the picture's longer side; None where that varies, or what stands
        there does not lie in the middle: then pictures are not to be moved.
    by_mass
        Whether it is the centre of mass that lies at the same place in all pictures, rather than the middle of the outline.
    middle
        That place, as shares of the height and of the width.
    stroke
        About how wide lines are, as a share of the picture's longer side.
    """

    ground: tuple[int, ...]
    plain: bool
    bright: bool
    extent: float | None
    by_mass: bool
    middle: tuple[float, float] = (0.5, 0.5)
    stroke: float = 0.09

    @property
    def said(self) -> str:
        """What centring does, for people."""
        middle = "centre of mass" if self.by_mass else "outline"
        return f"As the dataset's pictures are: scaled to {self.extent or 1:.0%} of the picture, its {middle} in the middle"


def habit_of(dataset: Dataset, field: Field) -> Habit:
    """Look at up to 400 pictures of a field."""
    there = dataset.ids() if field.present is None else np.flatnonzero(field.present).astype(np.int32)
    pictures = _levels(np.array(field.array[sample_ids(dataset, _LOOKED_AT, there)]))
    borders = _border(pictures)  # (m, channels, pixels)
    ground = np.median(borders, (0, 2))
    plain = (np.abs(np.median(borders, 2) - ground) < _INK / 4).all(1).mean() > 0.9
    ink = np.abs(pictures - ground[:, None, None]).max(1)
    bright = bool(np.median(pictures.max((1, 2, 3))) - ground.mean() > ground.mean() - np.median(pictures.min((1, 2, 3))))
    extents, outlines, masses, strokes = [], [], [], []
    for picture in ink:
        if (picture > _INK).any():
            box = _box(picture > _INK)
            strokes.append(_stroke(picture > _INK) / max(picture.shape))
            extents.append(max(box[1] - box[0], box[3] - box[2]) / max(picture.shape))
            outlines.append(np.array([box[0] + box[1], box[2] + box[3]]) / 2)
            masses.append(_mass(picture))
    if not plain or len(extents) < 0.9 * len(ink):
        return Habit(tuple(ground.round().astype(int).tolist()), bool(plain), bright, None, False)
    longest = max(ink.shape[1:])
    spread = {by_mass: np.std(found, 0).max() / longest for by_mass, found in ((True, masses), (False, outlines))}
    by_mass = bool(spread[True] < spread[False])
    varied = np.quantile(extents, 0.9) - np.quantile(extents, 0.1)
    alike = varied <= max(_ALIKE, 1 / longest) and spread[by_mass] <= max(_CENTRED, 0.5 / longest)
    middle = np.mean(masses if by_mass else outlines, 0) / ink.shape[1:]
    return Habit(
        ground=tuple(ground.round().astype(int).tolist()),
        plain=True,
        bright=bright,
        extent=float(np.median(extents)) if alike else None,
        by_mass=by_mass,
        middle=(float(middle[0]), float(middle[1])),
        stroke=float(np.median(strokes)),
    )


def resized(pixels: np.ndarray, field: Field) -> np.ndarray:
    """Pixels uint8 ``(channels, h, w)`` → a sample of the field ``(channels, height, width)``, as files are resized."""
    height, width = field.shape[1:]
    planes = [np.asarray(Image.fromarray(p).resize((width, height), Image.Resampling.BICUBIC)) for p in pixels]
    return _stored(np.stack(planes), field)


def inverted(sample: np.ndarray) -> np.ndarray:
    """Dark for bright and bright for dark."""
    return 255 - sample if sample.dtype == np.uint8 else 1 - sample


def stands_on_other_ground(pixels: np.ndarray, habit: Habit) -> bool:
    """Whether the ground of pixels ``(channels, h, w)`` is rather the opposite of the dataset's."""
    ground = np.median(_border(_levels(pixels[None])), (0, 2)).mean()
    return habit.plain and abs(255 - ground - np.mean(habit.ground)) < abs(ground - np.mean(habit.ground))


def laid(pixels: np.ndarray, field: Field, habit: Habit) -> np.ndarray:
    """What stands on the ground of pixels, laid as the dataset's pictures are.

    In one channel the ground is taken out first, whatever its brightness, so that a photo of ink on paper becomes ink alone.

    Parameters
    ----------
    pixels
        uint8 ``(channels, h, w)``, finer than the field.
    field
        Of pictures.
    habit
        With an extent.

    Returns
    -------
    numpy.ndarray
        A sample of the field; the plain ground where nothing stands on the pixels'.
    """
    channels, height, width = field.shape
    levels = _levels(pixels[None])[0]
    own = np.median(_border(levels[None]), (0, 2))
    ink = np.abs(levels - own[:, None, None]).max(0)
    noise = min(float(np.quantile(np.abs(_border(levels[None]) - own[:, None]), 0.98)), ink.max() / 2)
    ink = np.clip(ink - noise, 0, None) * (255 / max(ink.max() - noise, 1.0))
    canvas = np.empty((channels, height, width), np.uint8)
    canvas[:] = np.array(habit.ground)[:, None, None]
    if not (ink > _INK).any() or habit.extent is None:
        return _stored(canvas, field)
    top, bottom, left, right = _box(ink > _INK)
    if channels == 1:
        end = 255 if habit.bright else 0
        levels = habit.ground[0] + ink[None] / 255 * (end - habit.ground[0])
    scale = habit.extent * max(height, width) / max(bottom - top, right - left)
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    crop = np.clip(levels[:, top:bottom, left:right], 0, 255).astype(np.uint8)
    small = np.stack([np.asarray(Image.fromarray(p).resize(size, Image.Resampling.BICUBIC)) for p in crop])
    weight = np.abs(small.astype(float) - np.array(habit.ground)[:, None, None]).max(0)
    middle = _mass(weight) if habit.by_mass and weight.any() else np.array(small.shape[1:]) / 2
    at = np.round(np.array([height, width]) * habit.middle - middle).astype(int)
    taken = [
        slice(max(0, -a), max(0, min(s, whole - a))) for a, s, whole in zip(at, small.shape[1:], (height, width), strict=True)
    ]
    put = [slice(a + t.start, a + t.stop) for a, t in zip(at, taken, strict=True)]
    canvas[:, put[0], put[1]] = small[:, taken[0], taken[1]]
    return _stored(canvas, field)


def _levels(samples: np.ndarray) -> np.ndarray:
    """Stored pictures or pixels as float64 levels of 255."""
    return samples.astype(np.float64) * (1 if samples.dtype == np.uint8 else 255)


def _stored(pixels: np.ndarray, field: Field) -> np.ndarray:
    return pixels if field.dtype == "uint8" else (pixels / 255).astype(np.float32)


def _border(pictures: np.ndarray) -> np.ndarray:
    """The outermost pixels of ``(m, channels, h, w)``: ``(m, channels, pixels)``."""
    edges = (pictures[..., 0, :], pictures[..., -1, :], pictures[..., 0], pictures[..., -1])
    return np.concatenate(edges, -1)


def _box(mask: np.ndarray) -> tuple[int, int, int, int]:
    """First row, the row after the last, first column, the column after the last."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _stroke(mask: np.ndarray) -> float:
    """Width of a line of that area and outline, in pixels: twice the area over the outline's length (Cauchy–Crofton)."""
    padded = np.pad(mask, 1)
    steps = (padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum()
    return float(2 * mask.sum() / (steps * np.pi / 4))


def _mass(ink: np.ndarray) -> np.ndarray:
    """Row and column of the centre of mass, in pixels from the corner."""
    total = ink.sum()
    return np.array([(ink.sum(1) @ (np.arange(ink.shape[0]) + 0.5)), (ink.sum(0) @ (np.arange(ink.shape[1]) + 0.5))]) / total
