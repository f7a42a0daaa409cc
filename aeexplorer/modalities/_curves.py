"""Drawing of series as small pictures: curves on a dark background, and one band per channel along time."""

import numpy as np

HEIGHT, WIDTH = 64, 96
CHANNEL_COLOURS = np.array(
    [(86, 180, 233), (240, 160, 40), (70, 200, 150), (225, 125, 180), (240, 225, 80), (235, 100, 50), (235, 235, 240)],
    np.float32,
)
"""Colours of the channels, used in turn (after Okabe & Ito 2008, lightened for the dark background)."""
BACKGROUND = np.array((22, 24, 32), np.float32)
_MARGIN = 4.0  # pixels above and below the range [0, 1]
_HALF_THICKNESS = 1.1  # of a curve, in pixels
_BATCH_SIZE = 64


def draw_curves(values: np.ndarray) -> np.ndarray:
    """Draw series in [0, 1] units as curves. Values beyond the range are drawn at the edge.

    Parameters
    ----------
    values
        ``(m, steps, channels)``. A NaN leaves a gap in the curve.

    Returns
    -------
    numpy.ndarray
        uint8 ``(m, 64, 96, 3)``.
    """
    pictures = [_draw_batch(values[start : start + _BATCH_SIZE]) for start in range(0, len(values), _BATCH_SIZE)]
    return np.concatenate(pictures) if pictures else np.empty((0, HEIGHT, WIDTH, 3), np.uint8)


def draw_bands(values: np.ndarray) -> np.ndarray:
    """Stretch series ``(m, steps, channels)`` to float32 ``(m, 64, 96)``: one band per channel, the first at the top."""
    _, steps, channels = values.shape
    step_of_column = np.arange(WIDTH) * steps // WIDTH
    channel_of_row = np.arange(HEIGHT) * channels // HEIGHT
    return np.ascontiguousarray(values[:, step_of_column][:, :, channel_of_row].transpose(0, 2, 1), np.float32)


def _draw_batch(values: np.ndarray) -> np.ndarray:
    # vertical extent of each curve within each pixel column
    heights = _MARGIN + (1 - np.clip(_resample(values.astype(np.float32)), 0, 1)) * (HEIGHT - 2 * _MARGIN)
    top = np.fmin.reduce(heights, 2) - _HALF_THICKNESS  # (m, W, C)
    bottom = np.fmax.reduce(heights, 2) + _HALF_THICKNESS  # (m, W, C)
    # share of each pixel that the curve covers
    rows = np.arange(HEIGHT, dtype=np.float32)[:, None, None]
    overlap = np.minimum(rows + 1, bottom[:, None]) - np.maximum(rows, top[:, None])
    coverage = np.clip(np.nan_to_num(overlap), 0, 1)  # (m, H, W, C)
    # blend the channels, the first on top
    pixels = np.broadcast_to(BACKGROUND, (len(values), HEIGHT, WIDTH, 3))
    for channel in reversed(range(values.shape[2])):
        colour = CHANNEL_COLOURS[channel % len(CHANNEL_COLOURS)]
        pixels = pixels + coverage[..., channel, None] * (colour - pixels)
    return np.rint(pixels).astype(np.uint8)


def _resample(values: np.ndarray) -> np.ndarray:
    """Sample each curve at several points within each pixel column, edges included: ``(m, steps, C) → (m, W, points, C)``."""
    steps = values.shape[1]
    points = max(4, -(-steps // WIDTH))
    positions = np.linspace(0, steps - 1, WIDTH * points + 1)
    if points > 4:  # at least one point per step: round, so that every step is sampled exactly
        positions = positions.round()
    # linear interpolation
    before = np.minimum(positions.astype(int), max(steps - 2, 0))
    after = np.minimum(before + 1, steps - 1)
    fraction = (positions - before).astype(np.float32)[:, None]
    first, second = values[:, before], values[:, after]
    interpolated = first + fraction * (second - first)
    nearest = np.where(fraction < 0.5, first, second)  # next to a gap, a curve continues for half a step
    line = np.where(np.isnan(interpolated), nearest, interpolated)
    # group the points by column; the first point of the next column closes each column
    inside = line[:, :-1].reshape(len(values), WIDTH, points, -1)  # (m, W, points, C)
    return np.concatenate([inside, line[:, points::points, None]], 2)
