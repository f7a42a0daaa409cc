"""What a codebook holds and how it is used."""

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
        int64 ``(K,)``: places (of all samples looked at) that hold the entry.
    """

    counts: np.ndarray

    @property
    def order(self) -> np.ndarray:
        """int64 ``(K,)``: entries, the most used first; equally used ones by number."""
        return np.argsort(-self.counts, kind="stable")

    @property
    def dead(self) -> np.ndarray:
        """Entries never used."""
        return np.flatnonzero(self.counts == 0)

    @property
    def used(self) -> float:
        """Share of the entries that are used."""
        return float((self.counts > 0).mean())

    @property
    def perplexity(self) -> float:
        """exp of the entropy of the usage: as many equally used entries would be as varied."""
        share = self.counts[self.counts > 0] / self.counts.sum()
        return float(np.exp(-(share * np.log(share)).sum()))


def codebook_size(run: Run) -> int:
    """Number of entries K."""
    bottleneck = run.model.quantizer
    return len(bottleneck.entries)


def codes_of(run: Run) -> np.ndarray:
    """int32 ``(n, T·stages)`` codes of every sample.

    Raises
    ------
    UserError
        If the run has no codebook.
    """
    if run.codes is None:
        raise UserError(f"the run {run.name} has no codebook", "Open a run of a VQ-VAE")
    return run.codes


def usage(run: Run, ids: np.ndarray | None = None) -> Usage:
    """Usage over samples, all of them where none are given."""
    codes = codes_of(run)
    return Usage(np.bincount((codes if ids is None else codes[ids]).ravel(), minlength=codebook_size(run)))


def split_usage(run: Run, split: str) -> Usage:
    """Usage over a whole split, however many of its samples are shown."""
    return usage(run, run.dataset.ids(split))


def code_grid(run: Run, sample: int, code: int = 0) -> np.ndarray:
    """Codes of a sample as they lie in it: int32 ``(rows, columns)``, or ``(T,)`` where it has no rows.

    Of a codebook in stages, those of the stage that `code` belongs to.
    """
    bottleneck = run.model.quantizer
    stage = max(code, 0) * bottleneck.stages // codebook_size(run)
    return np.asarray(codes_of(run)[sample]).reshape(*run.model.grid, bottleneck.stages)[..., stage]


def samples_using(run: Run, code: int, ids: np.ndarray, limit: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Which samples hold a code, those that hold it most often first.

    Returns
    -------
    tuple of numpy.ndarray
        int32 ids ``(m,)`` and in how many places each holds it, int64 ``(m,)``.
    """
    counts = (codes_of(run)[ids] == _checked(run, code)).sum(1)
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)][:limit]
    return np.asarray(ids)[order].astype(np.int32), counts[order]


def decode_entry(run: Run, code: int) -> dict[str, np.ndarray]:
    """What a code stands for: the sample ``{field: shape}`` decoded from that code alone at every position."""
    tokens = run.model.bottleneck.tokens
    decoded = decode_codes(run, np.full((1, tokens), _checked(run, code)))
    return {name: samples[0] for name, samples in decoded.items()}


def _checked(run: Run, code: int) -> int:
    size = codebook_size(run)
    if not 0 <= code < size:
        raise UserError(f"the codebook has no entry {code}", f"Choose one from 0 to {size - 1}")
    return code
