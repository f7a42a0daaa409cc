"""The samples that a view shows: all of them, or a stratified subsample, and the text that says how many."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.split import stratified_draw

MAX_SAMPLES = 10_000
"""Default limit of the samples shown."""


def sample_ids(dataset: Dataset, limit: int = MAX_SAMPLES, pool: np.ndarray | None = None, seed: int = 0) -> np.ndarray:
    """Draw a stratified subsample: each label of each split keeps its share, to within one sample.

    Parameters
    ----------
    dataset
        Dataset to draw from.
    limit
        Largest number of samples, 1 or more.
    pool
        Ids to draw from; by default all samples.
    seed
        Seed of the shuffle.

    Returns
    -------
    numpy.ndarray
        Sample ids, int32 ``(min(limit, n),)``, ascending and unique.
    """
    if pool is None:
        return dataset.ids() if dataset.n <= limit else _cached_subsample(_DatasetKey(dataset), limit, seed)
    in_pool = np.zeros(dataset.n, np.bool_)
    in_pool[pool] = True
    ids = np.flatnonzero(in_pool).astype(np.int32)
    return ids if len(ids) <= limit else _stratified_subsample(dataset, limit, ids, seed)


@dataclass(frozen=True, eq=False)
class _DatasetKey:
    """A dataset as a cache key: equal if content and splits are equal."""

    dataset: Dataset

    def _identity(self) -> tuple[object, ...]:
        return self.dataset.folder, self.dataset.id, self.dataset.fold, self.dataset.folds

    def __hash__(self) -> int:
        return hash(self._identity())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _DatasetKey) and self._identity() == other._identity()


@lru_cache(maxsize=32)
def _cached_subsample(key: _DatasetKey, limit: int, seed: int) -> np.ndarray:
    ids = _stratified_subsample(key.dataset, limit, key.dataset.ids(), seed)
    ids.setflags(write=False)
    return ids


def _stratified_subsample(dataset: Dataset, limit: int, ids: np.ndarray, seed: int) -> np.ndarray:
    labels = dataset.labels
    strata = dataset.split[ids].astype(np.int64)
    if labels is not None:
        strata = strata * (len(dataset.label_names) + 1) + labels[ids]
    return stratified_draw(strata, ids, limit, seed)


def sample_count_text(shown: int, total: int) -> str:
    """Say how many samples are shown: ``showing 2,000 of 60,000``, or ``showing all 1,797``."""
    return f"showing all {total:,}" if shown == total else f"showing {shown:,} of {total:,}"
