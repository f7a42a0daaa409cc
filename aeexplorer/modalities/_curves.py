"""Series as small pictures: curves on a dark ground, and bands of numbers along time."""

import numpy as np

HEIGHT, WIDTH = 64, 96
COLOURS = np.array(
    [(86, 180, 233), (240, 160, 40), (70, 200, 150), (225, 125, 180), (240, 225, 80), (235, 100, 50), (235, 235, 240)],
    np.float32,
)
"""Of the channels, in turn (after Okabe & Ito 2008, lightened for the ground)."""
GROUND = np.array((22, 24, 32), np.float32)
_MARGIN = 4.0
_HALF = 1.1  # half the thickness of a curve, in pixels
_BATCH = 64


def curves(values: np.ndarray) -> np.ndarray:
    """Series in [0, 1] units → pictures of their curves; what lies beyond the range is drawn at the edge.

    Parameters
    ----------
    values
        ``(m, steps, channels)``, NaN where there is no value; a curve has a gap there.

    Returns
    -------
    numpy.ndarray
        uint8 ``(m, 64, 96, 3)``.
    """
    parts = [_drawn(values[start : start + _BATCH]) for start in range(0, len(values), _BATCH)]
    return np.concatenate(parts) if parts else np.empty((0, HEIGHT, WIDTH, 3), np.uint8)


def strips(values: np.ndarray) -> np.ndarray:
    """Series ``(m, steps, channels)`` → float32 ``(m, 64, 96)``: a band a channel, the first at the top."""
    _, steps, channels = values.shape
    time = np.arange(WIDTH) * steps // WIDTH
    band = np.arange(HEIGHT) * channels // HEIGHT
    return np.ascontiguousarray(values[:, time][:, :, band].transpose(0, 2, 1), np.float32)


def _drawn(values: np.ndarray) -> np.ndarray:
    heights = _MARGIN + (1 - np.clip(_resampled(values.astype(np.float32)), 0, 1)) * (HEIGHT - 2 * _MARGIN)
    top, bottom = np.fmin.reduce(heights, 2) - _HALF, np.fmax.reduce(heights, 2) + _HALF  # (m, W, C)
    rows = np.arange(HEIGHT, dtype=np.float32)[:, None, None]
    reach = np.minimum(rows + 1, bottom[:, None]) - np.maximum(rows, top[:, None])
    ink = np.clip(np.nan_to_num(reach), 0, 1)  # (m, H, W, C)
    pixels = np.broadcast_to(GROUND, (len(values), HEIGHT, WIDTH, 3))
    for channel in reversed(range(values.shape[2])):
        pixels = pixels + ink[..., channel, None] * (COLOURS[channel % len(COLOURS)] - pixels)
    return np.rint(pixels).astype(np.uint8)


def _resampled(values: np.ndarray) -> np.ndarray:
    """``(m, steps, C)`` → ``(m, W, points, C)``: what a curve does within each column of pixels, its edges included."""
    steps = values.shape[1]
    points = max(4, -(-steps // WIDTH))
    places = np.linspace(0, steps - 1, WIDTH * points + 1)
    if points > 4:  # closer together than the steps: each of them is met
        places = places.round()
    before = np.minimum(places.astype(int), max(steps - 2, 0))
    after = np.minimum(before + 1, steps - 1)
    share = (places - before).astype(np.float32)[:, None]
    first, second = values[:, before], values[:, after]
    between = first + share * (second - first)
    nearest = np.where(share < 0.5, first, second)  # beside a gap a curve goes on for half a step
    line = np.where(np.isnan(between), nearest, between)
    inside = line[:, :-1].reshape(len(values), WIDTH, points, -1)
    return np.concatenate([inside, line[:, points::points, None]], 2)
