"""Which samples a view shows: all, or a stratified, seeded part of them, and the words that say so."""

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
    ids = dataset.ids() if pool is None else np.unique(pool).astype(np.int32)
    if len(ids) <= limit:
        return ids
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
