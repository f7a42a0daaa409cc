"""Which samples a view shows: all, or a stratified, seeded part of them, and the words that say so."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from aeexplorer.data.dataset import Dataset

LIMIT = 10_000
"""Samples that are shown at most, unless more are asked for."""


def sample_ids(dataset: Dataset, limit: int = LIMIT, pool: np.ndarray | None = None, seed: int = 0) -> np.ndarray:
    """At most `limit` samples that stand for all: each label of each split keeps its share, to within one sample.

    The samples are shuffled within each stratum, the strata laid end to end, and every (n / limit)-th is taken
    (systematic sampling).

    Parameters
    ----------
    dataset
        Where from.
    limit
        How many at most, 1 or more.
    pool
        Ids to choose among; all of them where not given.
    seed
        Seed of the shuffle.

    Returns
    -------
    numpy.ndarray
        int32 ``(min(limit, n),)``, sorted, each once.
    """
    if pool is None:
        return dataset.ids() if dataset.n <= limit else _overview(_Key(dataset), limit, seed)
    chosen = np.zeros(dataset.n, np.bool_)
    chosen[pool] = True
    ids = np.flatnonzero(chosen).astype(np.int32)
    return ids if len(ids) <= limit else _part(dataset, limit, ids, seed)


@dataclass(frozen=True, eq=False)
class _Key:
    """A dataset, known by its content and its splits."""

    dataset: Dataset

    def _said(self) -> tuple[object, ...]:
        return self.dataset.folder, self.dataset.id, self.dataset.fold, self.dataset.folds

    def __hash__(self) -> int:
        return hash(self._said())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._said() == other._said()


@lru_cache(maxsize=32)
def _overview(key: _Key, limit: int, seed: int) -> np.ndarray:
    ids = _part(key.dataset, limit, key.dataset.ids(), seed)
    ids.setflags(write=False)
    return ids


def _part(dataset: Dataset, limit: int, ids: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(ids)
    labels = dataset.labels
    strata = dataset.split[shuffled].astype(np.int64)
    if labels is not None:
        strata = strata * (len(dataset.label_names) + 1) + labels[shuffled]
    laid_out = shuffled[np.argsort(strata, kind="stable")]
    places = ((np.arange(limit) + rng.random()) * len(ids) / limit).astype(np.int64)
    return np.sort(laid_out[places])


def showing(shown: int, total: int) -> str:
    """``showing 2,000 of 60,000``, or ``showing all 1,797``."""
    return f"showing all {total:,}" if shown == total else f"showing {shown:,} of {total:,}"
