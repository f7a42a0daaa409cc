"""Where new latents lie on a map that has no formula: among the places of their nearest samples."""

from collections.abc import Callable

import numpy as np

from aeexplorer.analysis.neighbours import finder

NEAREST = 15
_KNOT = 4
_SAME = 1e-3
"""A latent is a sample's own where it is nearer to that than this share of the distance to the fifteenth."""


def placer(latents: np.ndarray, xy: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """What places latents ``(m, d)`` on a map, float32 ``(m, dims)``.

    Of the 15 samples nearest to a latent, most lie together on the map and some elsewhere, where their mean has no
    business. So the latent goes to the middle of the tightest knot of four among them: a sample and the three nearest to
    it. A latent that is a sample's own goes where that sample is.

    Parameters
    ----------
    latents, xy
        ``(n, d)`` and ``(n, dims)``, of the samples on the map.
    """
    find, k = finder(latents), min(NEAREST, len(latents))
    knot = min(_KNOT, k)

    def place(new: np.ndarray) -> np.ndarray:
        rows, distances = find(new, k)
        around = xy[rows]  # (m, k, dims)
        squares = np.square(around[:, :, None] - around[:, None]).sum(3)
        widths = np.partition(squares, knot - 1, axis=2)[:, :, knot - 1]
        tightest = squares[np.arange(len(new)), widths.argmin(1)]
        members = np.argpartition(tightest, knot - 1, axis=1)[:, :knot]
        middles = np.take_along_axis(around, members[:, :, None], 1).mean(1)
        same = distances[:, 0] < _SAME * distances[:, -1]
        return np.where(same[:, None], around[:, 0], middles).astype(np.float32)

    return place
