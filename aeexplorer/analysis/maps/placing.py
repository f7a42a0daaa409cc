"""Placement of new latents on a map that has no formula: near the positions of their nearest samples."""

from collections.abc import Callable

import numpy as np

from aeexplorer.analysis.neighbours import build_neighbour_search

NEIGHBOURS = 15
"""Samples near a latent that its position is derived from."""
_GROUP_SIZE = 4
"""Samples in the tightest group among the neighbours."""
_MAX_DISTANCE_RATIO = 1e-3
"""A latent counts as that of its nearest sample if it is closer than this share of the distance to the last neighbour."""


def build_placer(latents: np.ndarray, xy: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Build a function that places latents on a map.

    Of the 15 samples nearest to a latent, most lie together on the map and some elsewhere, so that the mean of all
    positions may lie in an empty region. The latent is therefore placed at the mean of the tightest group of four: a
    sample and the three samples nearest to it. The latent of a sample is placed at the position of that sample.

    Parameters
    ----------
    latents, xy
        ``(n, d)`` and ``(n, dims)``: latents and positions of the samples on the map.

    Returns
    -------
    callable
        ``place(latents)``, from ``(m, d)`` to float32 ``(m, dims)``.
    """
    find, k = build_neighbour_search(latents), min(NEIGHBOURS, len(latents))
    group_size = min(_GROUP_SIZE, k)

    def place(new: np.ndarray) -> np.ndarray:
        rows, distances = find(new, k)
        neighbours = xy[rows]  # (m, k, dims)
        squares = np.square(neighbours[:, :, None] - neighbours[:, None]).sum(3)  # (m, k, k)
        # around each neighbour, the smallest circle that holds a group
        radii = np.partition(squares, group_size - 1, axis=2)[:, :, group_size - 1]  # (m, k)
        tightest = squares[np.arange(len(new)), radii.argmin(1)]  # (m, k)
        group = np.argpartition(tightest, group_size - 1, axis=1)[:, :group_size]
        means = np.take_along_axis(neighbours, group[:, :, None], 1).mean(1)  # (m, dims)
        is_sample = distances[:, 0] < _MAX_DISTANCE_RATIO * distances[:, -1]
        return np.where(is_sample[:, None], neighbours[:, 0], means).astype(np.float32)

    return place
