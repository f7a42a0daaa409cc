"""Which codes occur together, and which labels use which codes."""

from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import squareform

from aeexplorer.analysis.codes.codebook import codes_of, usage
from aeexplorer.training.run import Run

MOST = 40
"""Codes that are compared: the most used ones."""


@dataclass(frozen=True, eq=False)
class Together:
    """How often codes occur in the same sample.

    Parameters
    ----------
    codes
        int64 ``(m,)``: the most used codes, such that those that occur together stand side by side.
    counts
        int64 ``(m, m)``: samples that hold both; on the diagonal, samples that hold the code.
    lift
        float ``(m, m)``: log₂ of the count beside the count that chance would give, were codes independent; NaN on the
        diagonal and where no sample holds both.
    """

    codes: np.ndarray
    counts: np.ndarray
    lift: np.ndarray


@dataclass(frozen=True, eq=False)
class LabelUse:
    """How the samples of each label use the codes.

    Parameters
    ----------
    codes
        int64 ``(m,)``: the most used codes, by the label that uses them most.
    shares
        float ``(labels, m)``: of all places in the samples of a label, the share that holds the code.
    labels
        Names, one a row.
    """

    codes: np.ndarray
    shares: np.ndarray
    labels: tuple[str, ...]


def held(codes: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """bool ``(n, m)``: whether samples of codes ``(n, T)`` hold each of the wanted codes ``(m,)``."""
    place = np.full(max(int(codes.max(initial=0)), int(wanted.max(initial=0))) + 1, -1)
    place[wanted] = np.arange(len(wanted))
    columns = place[codes]
    found = np.zeros((len(codes), len(wanted)), np.bool_)
    rows, at = np.nonzero(columns >= 0)
    found[rows, columns[rows, at]] = True
    return found


def cooccurrence(codes: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """int64 ``(m, m)``: how many samples of codes ``(n, T)`` hold both of two wanted codes ``(m,)``."""
    present = held(codes, wanted).astype(np.float32)
    return np.rint(present.T @ present).astype(np.int64)


def together(run: Run, limit: int = MOST) -> Together:
    """The co-occurrence of a run's most used codes, over all samples."""
    found = usage(run)
    wanted = found.order[: min(limit, int((found.counts > 0).sum()))]
    codes = np.asarray(codes_of(run))
    counts = cooccurrence(codes, wanted)
    single = np.diag(counts)
    with np.errstate(divide="ignore"):
        lift = np.log2(counts * len(codes) / np.outer(single, single))
    lift[~np.isfinite(lift) | np.eye(len(lift), dtype=bool)] = np.nan
    order = _side_by_side(counts, single)
    return Together(wanted[order], counts[np.ix_(order, order)], lift[np.ix_(order, order)])


def label_use(run: Run, limit: int = MOST) -> LabelUse:
    """How each label of a run's dataset uses its most used codes; labels without samples are left out."""
    dataset = run.dataset
    assert dataset.labels is not None
    codes, labels = np.asarray(codes_of(run)), dataset.labels
    found = usage(run)
    wanted = found.order[: min(limit, int((found.counts > 0).sum()))]
    there = [label for label in range(len(dataset.label_names)) if (labels == label).any()]
    rows = [np.bincount(codes[labels == label].ravel(), minlength=len(found.counts))[wanted] for label in there]
    sizes = [codes[labels == label].size for label in there]
    shares = np.stack(rows) / np.array(sizes)[:, None]
    order = np.lexsort((-shares.max(0), shares.argmax(0)))
    return LabelUse(wanted[order], shares[:, order], tuple(dataset.label_names[label] for label in there))


def _side_by_side(counts: np.ndarray, single: np.ndarray) -> np.ndarray:
    """An order in which codes that share samples stand side by side (Bar-Joseph et al. 2001, Bioinformatics 17:S22)."""
    if len(counts) < 3:
        return np.arange(len(counts))
    either = single[:, None] + single - counts
    apart = 1 - counts / np.maximum(either, 1)
    np.fill_diagonal(apart, 0)
    condensed = squareform(apart, checks=False)
    return np.asarray(leaves_list(optimal_leaf_ordering(linkage(condensed, "average"), condensed)))
