"""Layouts of arrays: the possible meanings of the axes of a shape, and the conversion to channels first."""

import math

import numpy as np

from aeexplorer.data.formats._series import MAX_STEPS
from aeexplorer.data.uploads.options import Layout, LayoutGuess

MAX_CHANNELS = 16
MAX_SIDE = 1024  # pixels
_USUAL_CHANNELS = (1, 3, 4)
_MIN_STEPS = 8  # shorter rows of numbers are seldom series
_MIN_FLAT_SIDE = 8  # a row of fewer than 8 × 8 numbers is a row of measurements, not a flat picture


def layouts(shape: tuple[int, ...]) -> list[LayoutGuess]:
    """Return all possible layouts of an array of shape ``(n, …)``, the likeliest first."""
    candidates: list[tuple[float, LayoutGuess]] = []

    def offer(score: float, layout: Layout, sample: tuple[int, ...]) -> None:
        if len(sample) < 3 or max(sample[1:]) <= MAX_SIDE:
            candidates.append((score, LayoutGuess(layout=layout, shape=sample)))

    # pictures
    if len(shape) == 4:
        _, a, b, c = shape
        if c <= MAX_CHANNELS:
            offer(2 + 2 * (c in _USUAL_CHANNELS), "nhwc", (c, a, b))
        if a <= MAX_CHANNELS:
            offer(1 + 2 * (a in _USUAL_CHANNELS), "nchw", (a, b, c))
    if len(shape) == 3 and shape[1] > 1 and shape[2] not in _USUAL_CHANNELS:
        offer(1, "nhw", (1, shape[1], shape[2]))
    # flat pictures and tables
    if len(shape) == 2:
        for channels in (1, 3):
            side = math.isqrt(shape[1] // channels)
            if side >= _MIN_FLAT_SIDE and side * side * channels == shape[1]:
                offer(2 if channels == 1 else 1.5, "flat", (channels, side, side))
        offer(1, "table", (shape[1],))
    # series
    if len(shape) in (2, 3) and _MIN_STEPS <= shape[1] <= MAX_STEPS:
        channels = shape[2] if len(shape) == 3 else 1
        if channels <= MAX_CHANNELS:
            offer(1.5 if len(shape) == 3 and shape[1] >= 4 * channels else 0.5, "series", (shape[1], channels))
    ordered = [guess for _, guess in sorted(candidates, key=lambda candidate: -candidate[0])]
    return [guess for i, guess in enumerate(ordered) if guess.layout not in {g.layout for g in ordered[:i]}]


def to_channels_first(batch: np.ndarray, guess: LayoutGuess) -> np.ndarray:
    """Convert a batch of pictures to ``(b, channels, height, width)``.

    Rows of a table stay as they are, and series become ``(b, steps, channels)``. Flat pictures of several channels are read
    channel after channel, as CIFAR stores them.
    """
    if guess.layout == "nhwc":
        return batch.transpose(0, 3, 1, 2)
    return batch.reshape(len(batch), *guess.shape)


def looks_like_one_picture(shape: tuple[int, ...]) -> bool:
    """Return whether a shape, possibly of series ``(n, steps, channels)``, looks more like that of a single picture."""
    return len(shape) == 3 and shape[2] in _USUAL_CHANNELS and 0.5 <= shape[0] / shape[1] <= 2
