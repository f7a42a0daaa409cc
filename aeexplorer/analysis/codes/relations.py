"""Co-occurrence of codes, and the codes that each label uses."""

from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import squareform

from aeexplorer.analysis.codes.codebook import codes_of, usage
from aeexplorer.training.run import Run

MAX_CODES = 40
"""Number of codes that are compared: the most used codes."""


@dataclass(frozen=True, eq=False)
class CodeCooccurrence:
    """How often two codes occur in the same sample.

    Parameters
    ----------
    codes
        Most used codes, int64 ``(m,)``, ordered so that codes that occur together are neighbours.
    counts
        Number of samples with both codes, int64 ``(m, m)``; on the diagonal, number of samples with the code.
    lift
        log₂ of the ratio of the count to the expected count of independent codes, float ``(m, m)``; NaN on the diagonal and where
        no sample has both codes.
    """

    codes: np.ndarray
    counts: np.ndarray
    lift: np.ndarray


@dataclass(frozen=True, eq=False)
class LabelUsage:
    """How often the samples of each label use each code.

    Parameters
    ----------
    codes
        Most used codes, int64 ``(m,)``, ordered by the label that uses them most.
    shares
        Share of all positions in the samples of a label that hold the code, float ``(labels, m)``.
    labels
        Name of the label of each row.
    """

    codes: np.ndarray
    shares: np.ndarray
    labels: tuple[str, ...]


def holds_codes(codes: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return whether each sample contains each of the chosen codes.

    Parameters
    ----------
    codes
        Codes of n samples ``(n, T)``.
    chosen
        Distinct codes ``(m,)``.

    Returns
    -------
    numpy.ndarray
        bool ``(n, m)``.
    """
    column_of_code = np.full(max(int(codes.max(initial=0)), int(chosen.max(initial=0))) + 1, -1)
    column_of_code[chosen] = np.arange(len(chosen))
    columns = column_of_code[codes]  # (n, T), −1 for other codes
    contains = np.zeros((len(codes), len(chosen)), np.bool_)
    rows, positions = np.nonzero(columns >= 0)
    contains[rows, columns[rows, positions]] = True
    return contains


def count_cooccurrences(codes: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Count the samples of codes ``(n, T)`` that contain both of two chosen codes ``(m,)``: int64 ``(m, m)``."""
    contains = holds_codes(codes, chosen).astype(np.float32)
    return np.rint(contains.T @ contains).astype(np.int64)


def code_cooccurrence(run: Run, limit: int = MAX_CODES) -> CodeCooccurrence:
    """Compute the co-occurrence of a run's most used codes over all samples."""
    total = usage(run)
    chosen = total.order[: min(limit, int((total.counts > 0).sum()))]
    codes = np.asarray(codes_of(run))
    counts = count_cooccurrences(codes, chosen)
    single = np.diag(counts)
    with np.errstate(divide="ignore"):
        lift = np.log2(counts * len(codes) / np.outer(single, single))
    lift[~np.isfinite(lift) | np.eye(len(lift), dtype=bool)] = np.nan
    order = _order_by_cooccurrence(counts, single)
    return CodeCooccurrence(chosen[order], counts[np.ix_(order, order)], lift[np.ix_(order, order)])


def label_usage(run: Run, limit: int = MAX_CODES) -> LabelUsage:
    """Compute how often each label uses a run's most used codes. Labels without samples are left out."""
    dataset = run.dataset
    assert dataset.labels is not None
    codes, labels = np.asarray(codes_of(run)), dataset.labels
    total = usage(run)
    chosen = total.order[: min(limit, int((total.counts > 0).sum()))]
    present = [label for label in range(len(dataset.label_names)) if (labels == label).any()]
    rows = [np.bincount(codes[labels == label].ravel(), minlength=len(total.counts))[chosen] for label in present]
    sizes = [codes[labels == label].size for label in present]
    shares = np.stack(rows) / np.array(sizes)[:, None]
    order = np.lexsort((-shares.max(0), shares.argmax(0)))
    return LabelUsage(chosen[order], shares[:, order], tuple(dataset.label_names[label] for label in present))


def _order_by_cooccurrence(counts: np.ndarray, single: np.ndarray) -> np.ndarray:
    """Order codes so that codes with common samples are neighbours (Bar-Joseph et al. 2001, Bioinformatics 17:S22)."""
    if len(counts) < 3:
        return np.arange(len(counts))
    either = single[:, None] + single - counts
    distances = 1 - counts / np.maximum(either, 1)  # Jaccard distance
    np.fill_diagonal(distances, 0)
    condensed = squareform(distances, checks=False)
    return np.asarray(leaves_list(optimal_leaf_ordering(linkage(condensed, "average"), condensed)))
