"""Whether rows of numbers are flattened pictures or something else, such as embeddings, judged by their values."""

import numpy as np

from aeexplorer.data.formats._array_file import ArrayHeader, pieces
from aeexplorer.data.formats._array_layout import layouts
from aeexplorer.data.uploads.options import LayoutGuess

_ROWS = 1_000
_MIN_NEIGHBOUR_CORRELATION = 0.15  # of pixels beside each other in pictures; features of embeddings are near 0


def likely_layouts(x: ArrayHeader) -> tuple[list[LayoutGuess], str]:
    """Return the possible layouts of an array, the likeliest first, and a note if its rows may be pictures or a table.

    Whole numbers from 0 on and numbers within [0, 1] are pixels. Other numbers are pixels only if those beside each other in the
    picture are alike.
    """
    guesses = layouts(x.shape)
    flat = next((guess for guess in guesses if guess.layout == "flat"), None)
    if flat is None or x.dtype.kind != "f":
        return guesses, ""
    size = " × ".join(map(str, flat.shape[1:]))
    if not _looks_like_pixels(next(pieces(x))[:_ROWS], flat.shape):
        reordered = sorted(guesses, key=lambda guess: guess.layout != "table")
        values = f"the {x.shape[1]:,} numbers of a row look like an embedding or measurements, not like the pixels of a picture"
        return reordered, f"{values}, and are read as a table; layout=flat reads pictures of {size} pixels"
    return (
        guesses,
        f"the {x.shape[1]:,} numbers of a row are read as a picture of {size} pixels; layout=table reads numbers",
    )


def _looks_like_pixels(rows: np.ndarray, shape: tuple[int, ...]) -> bool:
    values = rows.astype(np.float64)
    if not np.isfinite(values).all():
        return True  # refused later, with the row
    if values.min() >= 0 and (values.max() <= 1 or bool((values == np.trunc(values)).all())):
        return True
    pictures = (values - values.mean(0)).reshape(-1, *shape)  # (rows, channels, height, width)
    neighbours = [(pictures[..., 1:], pictures[..., :-1]), (pictures[..., 1:, :], pictures[..., :-1, :])]
    return all(_correlation(a, b) > _MIN_NEIGHBOUR_CORRELATION for a, b in neighbours)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return the correlation of two arrays of centred values; 0 if one is constant."""
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 0.0
