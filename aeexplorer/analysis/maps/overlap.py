"""Overlap of neighbourhoods: how far two spaces agree on the nearest neighbours of each sample."""

from dataclasses import dataclass

import numpy as np

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.neighbours import nearest
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.training.run import Run

NEIGHBOURS = 15
"""Neighbours of each sample that are compared."""
_MAX_PRODUCTS = 4e9
"""Largest number of scalar products in a search for neighbours; it limits the number of samples."""


@dataclass(frozen=True, eq=False)
class Overlap:
    """Overlap of the neighbourhoods of samples in two spaces.

    Parameters
    ----------
    ids
        Samples that were compared, int32 ``(m,)``, ascending. Neighbours are searched among them.
    values
        Jaccard index float32 ``(m,)``, from 0 (no shared neighbour) to 1 (all neighbours are shared).
    k
        Number of neighbours in each space.
    """

    ids: np.ndarray
    values: np.ndarray
    k: int

    @property
    def shared_neighbours(self) -> np.ndarray:
        """Number of neighbours that each sample has in both spaces: int32 ``(m,)``, from 0 to k."""
        return np.round(2 * self.k * self.values / (1 + self.values)).astype(np.int32)

    def values_of(self, ids: np.ndarray) -> np.ndarray:
        """Return the overlap of any samples, float32 ``(n,)``; NaN for samples that were not compared."""
        rows = np.searchsorted(self.ids, ids).clip(max=len(self.ids) - 1)
        return np.where(self.ids[rows] == ids, self.values[rows], np.nan).astype(np.float32)


def jaccard(first: np.ndarray, second: np.ndarray, k: int = NEIGHBOURS) -> np.ndarray:
    """Compute the Jaccard index of each point's k nearest neighbours in two spaces.

    The index is |A ∩ B| / |A ∪ B| (Jaccard 1912); neighbours are found by Euclidean distance.

    Parameters
    ----------
    first, second
        ``(n, d)`` and ``(n, e)``: the same n > k samples in each space.
    k
        Number of neighbours.

    Returns
    -------
    numpy.ndarray
        float32 ``(n,)``.
    """
    in_first, in_second = (_exact_nearest_others(space, k) for space in (first, second))
    shared = (in_first[:, :, None] == in_second[:, None, :]).any(2).sum(1)
    return (shared / (2 * k - shared)).astype(np.float32)


def overlap_of_runs(first: Run, second: Run, ids: np.ndarray) -> Overlap:
    """Compute the overlap of the latent spaces of two runs of one dataset, over a subsample of two or more samples."""
    largest_size = max(run.latents(ids[:1]).shape[1] for run in (first, second))
    compared = sample_ids(first.dataset, max(2, int((_MAX_PRODUCTS / largest_size) ** 0.5)), ids)
    k = min(NEIGHBOURS, len(compared) - 1)
    return Overlap(compared, jaccard(first.latents(compared), second.latents(compared), k), k)


def overlap_of_maps(first: Projection, second: Projection) -> Overlap:
    """Compute the overlap of two maps, over the samples that both show (two or more)."""
    shared, first_rows, second_rows = np.intersect1d(first.ids, second.ids, assume_unique=True, return_indices=True)
    k = min(NEIGHBOURS, len(shared) - 1)
    return Overlap(shared.astype(np.int32), jaccard(first.xy[first_rows], second.xy[second_rows], k), k)


def _exact_nearest_others(points: np.ndarray, k: int) -> np.ndarray:
    """Find the k nearest other points of each point by exhaustive search: int64 ``(n, k)``.

    A point is never its own neighbour, even among points at the same position.
    """
    rows = nearest(points, points, k + 1)[0]
    is_self = rows == np.arange(len(rows))[:, None]
    is_self[~is_self.any(1), -1] = True
    return rows[~is_self].reshape(len(rows), k)
