"""Which axis of an array is which: the ways to read a shape, and the change to channels first."""

import math

import numpy as np

from aeexplorer.data.formats._series import MOST_STEPS
from aeexplorer.data.uploads.options import Layout, LayoutGuess

MOST_CHANNELS = 16
LARGEST_SIDE = 1024
_USUAL = (1, 3, 4)
_SHORTEST = 8  # fewer numbers in a row are seldom a series
_SMALLEST_SQUARE = 8  # a flat row of fewer than 8 × 8 numbers is a row of measurements


def layouts(shape: tuple[int, ...]) -> list[LayoutGuess]:
    """Every way to read samples of an array of this shape ``(n, …)``, the likeliest first; empty when there is none."""
    found: list[tuple[float, LayoutGuess]] = []

    def offer(likely: float, layout: Layout, sample: tuple[int, ...]) -> None:
        if len(sample) < 3 or max(sample[1:]) <= LARGEST_SIDE:
            found.append((likely, LayoutGuess(layout=layout, shape=sample)))

    if len(shape) == 4:
        _, a, b, c = shape
        if c <= MOST_CHANNELS:
            offer(2 + 2 * (c in _USUAL), "nhwc", (c, a, b))
        if a <= MOST_CHANNELS:
            offer(1 + 2 * (a in _USUAL), "nchw", (a, b, c))
    if len(shape) == 3 and shape[1] > 1 and shape[2] not in _USUAL:
        offer(1, "nhw", (1, shape[1], shape[2]))
    if len(shape) == 2:
        for channels in (1, 3):
            side = math.isqrt(shape[1] // channels)
            if side >= _SMALLEST_SQUARE and side * side * channels == shape[1]:
                offer(2 if channels == 1 else 1.5, "flat", (channels, side, side))
        offer(1, "table", (shape[1],))
    if len(shape) in (2, 3) and _SHORTEST <= shape[1] <= MOST_STEPS:
        channels = shape[2] if len(shape) == 3 else 1
        if channels <= MOST_CHANNELS:
            offer(1.5 if len(shape) == 3 and shape[1] >= 4 * channels else 0.5, "series", (shape[1], channels))
    ordered = [guess for _, guess in sorted(found, key=lambda pair: -pair[0])]
    return [guess for i, guess in enumerate(ordered) if guess.layout not in {g.layout for g in ordered[:i]}]


def channels_first(batch: np.ndarray, guess: LayoutGuess) -> np.ndarray:
    """A batch in a layout ``(b, …)`` → ``(b, channels, height, width)``; rows of a table stay as they are,
    series are ``(b, steps, channels)``.

    Flat pictures of several channels are read channel after channel, as CIFAR has them.
    """
    if guess.layout == "nhwc":
        return batch.transpose(0, 3, 1, 2)
    return batch.reshape(len(batch), *guess.shape)


def may_be_one_picture(shape: tuple[int, ...]) -> bool:
    """Whether an array that could be series of some channels ``(n, steps, channels)`` looks more like a single picture."""
    return len(shape) == 3 and shape[2] in _USUAL and 0.5 <= shape[0] / shape[1] <= 2
