"""Entries of a codebook and their usage."""

from dataclasses import dataclass

import numpy as np

from aeexplorer.analysis.decoding import decode_codes
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run


@dataclass(frozen=True, eq=False)
class Usage:
    """How often each entry of a codebook is used.

    Parameters
    ----------
    counts
        Number of positions, over all counted samples, that hold the entry: int64 ``(K,)``.
    """

    counts: np.ndarray

    @property
    def order(self) -> np.ndarray:
        """Entries by usage, most used first, int64 ``(K,)``; equally used entries by number."""
        return np.argsort(-self.counts, kind="stable")

    @property
    def dead(self) -> np.ndarray:
        """Entries that are never used."""
        return np.flatnonzero(self.counts == 0)

    @property
    def used(self) -> float:
        """Share of the entries that are used, 0 to 1."""
        return float((self.counts > 0).mean())

    @property
    def perplexity(self) -> float:
        """Exponential of the entropy of the usage, exp(−Σ pₖ log pₖ), from 1 to K: the effective number of entries."""
        share = self.counts[self.counts > 0] / self.counts.sum()
        return float(np.exp(-(share * np.log(share)).sum()))


def codebook_size(run: Run) -> int:
    """Return the number of entries K, over all stages."""
    bottleneck = run.model.quantizer
    return len(bottleneck.entries)


def codes_of(run: Run) -> np.ndarray:
    """Return the codes of every sample, int32 ``(n, T·stages)``.

    Raises
    ------
    UserError
        If the run has no codebook.
    """
    if run.codes is None:
        raise UserError(f"the run {run.name} has no codebook", "Open a run of a VQ-VAE")
    return run.codes


def usage(run: Run, ids: np.ndarray | None = None) -> Usage:
    """Count the usage over samples; over all samples by default."""
    codes = codes_of(run)
    return Usage(np.bincount((codes if ids is None else codes[ids]).ravel(), minlength=codebook_size(run)))


def split_usage(run: Run, split: str) -> Usage:
    """Count the usage over a whole split, even if only a part of it is shown."""
    return usage(run, run.dataset.ids(split))


def code_grid(run: Run, sample: int, code: int = 0) -> np.ndarray:
    """Return the codes of a sample as a grid, int32 ``(rows, columns)``, or ``(T,)`` if tokens have no rows.

    In a codebook with stages, these are the codes of the stage that `code` belongs to.
    """
    bottleneck = run.model.quantizer
    stage = max(code, 0) * bottleneck.stages // codebook_size(run)
    return np.asarray(codes_of(run)[sample]).reshape(*run.model.grid, bottleneck.stages)[..., stage]


def samples_using(run: Run, code: int, ids: np.ndarray, limit: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Find the samples that use a code, most frequent use first.

    Parameters
    ----------
    run
        A run with a codebook.
    code
        Number of the entry.
    ids
        Samples to search.
    limit
        Largest number of samples; None for no limit.

    Returns
    -------
    tuple of numpy.ndarray
        Ids int32 ``(m,)``, and the number of positions that hold the code in each sample, int64 ``(m,)``.

    Raises
    ------
    UserError
        If the run has no codebook, or if the codebook has no such entry.
    """
    counts = (codes_of(run)[ids] == _check_entry(run, code)).sum(1)
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)][:limit]
    return np.asarray(ids)[order].astype(np.int32), counts[order]


def decode_entry(run: Run, code: int) -> dict[str, np.ndarray]:
    """Decode a sample ``{field: shape}`` that has the same code at every position.

    Raises
    ------
    UserError
        If the codebook has no such entry.
    """
    tokens = run.model.bottleneck.tokens
    decoded = decode_codes(run, np.full((1, tokens), _check_entry(run, code)))
    return {name: samples[0] for name, samples in decoded.items()}


def _check_entry(run: Run, code: int) -> int:
    size = codebook_size(run)
    if not 0 <= code < size:
        raise UserError(f"the codebook has no entry {code}", f"Choose one from 0 to {size - 1}")
    return code
