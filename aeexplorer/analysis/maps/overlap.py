"""How far two spaces agree on what lies near a sample: the overlap of its nearest neighbours in each."""

from dataclasses import dataclass

import numpy as np

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.neighbours import nearest
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.training.run import Run

NEIGHBOURS = 15
_PRODUCTS = 4e9
"""Products of numbers that a search for neighbours may take; of more samples, so many that stand for all are looked at."""


@dataclass(frozen=True, eq=False)
class Overlap:
    """The overlap of samples.

    Parameters
    ----------
    ids
        Samples looked at, int32 ``(m,)``, ascending; neighbours are those among them.
    values
        float32 ``(m,)``, from 0 (no neighbour is shared) to 1 (all are).
    k
        Neighbours looked at in each space.
    """

    ids: np.ndarray
    values: np.ndarray
    k: int

    @property
    def shared(self) -> np.ndarray:
        """How many neighbours each of the samples has in both spaces: int32 ``(m,)``, from 0 to k."""
        return np.round(2 * self.k * self.values / (1 + self.values)).astype(np.int32)

    def of(self, ids: np.ndarray) -> np.ndarray:
        """The overlap of other samples, NaN where they were not looked at: float32 ``(n,)``."""
        rows = np.searchsorted(self.ids, ids).clip(max=len(self.ids) - 1)
        return np.where(self.ids[rows] == ids, self.values[rows], np.nan).astype(np.float32)


def jaccard(first: np.ndarray, second: np.ndarray, k: int = NEIGHBOURS) -> np.ndarray:
    """|A ∩ B| / |A ∪ B| of the k nearest others of each point in two spaces (Jaccard 1912), by Euclidean distance.

    Parameters
    ----------
    first, second
        ``(n, d)`` and ``(n, e)``: the same n > k samples in each.

    Returns
    -------
    numpy.ndarray
        float32 ``(n,)``.
    """
    here, there = (_others(space, k) for space in (first, second))
    shared = (here[:, :, None] == there[:, None, :]).any(2).sum(1)
    return (shared / (2 * k - shared)).astype(np.float32)


def overlap_of_runs(first: Run, second: Run, ids: np.ndarray) -> Overlap:
    """The overlap in the latent spaces of two runs of one dataset, over at most these samples (two or more)."""
    longest = max(run.latents(ids[:1]).shape[1] for run in (first, second))
    looked_at = sample_ids(first.dataset, max(2, int((_PRODUCTS / longest) ** 0.5)), ids)
    k = min(NEIGHBOURS, len(looked_at) - 1)
    return Overlap(looked_at, jaccard(first.latents(looked_at), second.latents(looked_at), k), k)


def overlap_of_maps(first: Projection, second: Projection) -> Overlap:
    """The overlap on two maps, over the samples that both show (two or more)."""
    shared, here, there = np.intersect1d(first.ids, second.ids, assume_unique=True, return_indices=True)
    k = min(NEIGHBOURS, len(shared) - 1)
    return Overlap(shared.astype(np.int32), jaccard(first.xy[here], second.xy[there], k), k)


def _others(points: np.ndarray, k: int) -> np.ndarray:
    """Each point's k nearest others, itself left out wherever it stands among points at the same place: int64 ``(n, k)``."""
    rows = nearest(points, points, k + 1)[0]
    own = rows == np.arange(len(rows))[:, None]
    own[~own.any(1), -1] = True
    return rows[~own].reshape(len(rows), k)
