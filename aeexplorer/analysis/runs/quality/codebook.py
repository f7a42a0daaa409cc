"""Usage of a codebook over the training split: a few test samples could not use a large codebook."""

import math

import numpy as np

from aeexplorer.analysis.codes.codebook import codes_of, split_usage
from aeexplorer.analysis.runs.quality.base import EvaluationData, Family, Figure, Metric


def code_bits(codes: np.ndarray) -> float:
    """Compute the bits that one sample takes if each position is coded separately by its frequencies.

    −Σₜ Σₖ pₜₖ log₂ pₜₖ, with pₜₖ the share of samples that have code k at position t (Shannon 1948). From 0 to T log₂ K.

    Parameters
    ----------
    codes
        Codes ``(n, T)`` of n samples.
    """
    total = 0.0
    for position in codes.T:
        counts = np.unique_counts(position).counts
        share = counts / counts.sum()
        total -= float((share * np.log2(share)).sum())
    return total


def _measure(data: EvaluationData) -> dict[str, Figure]:
    usage = split_usage(data.run, "train")
    codes = codes_of(data.run)
    train = data.run.dataset.ids("train")
    return {
        "codebook_usage": Figure(usage.used),
        "perplexity": Figure(usage.perplexity),
        "code_bits": Figure(code_bits(np.asarray(codes[train]))),
        "longest_bits": Figure(codes.shape[1] * math.log2(len(usage.counts))),
    }


FAMILY = Family(
    name="codebook",
    title="Codebook",
    place=30,
    needs=frozenset({"results", "codebook"}),
    split="train",
    metrics=(
        Metric("codebook_usage", "Usage", "Share of the codebook entries that are used at least once.", "higher", ".1%"),
        Metric(
            "perplexity",
            "Perplexity",
            "Effective number of entries: exp of the entropy of the usage. It equals the number of entries if all are used "
            "equally often.",
            "higher",
            ".1f",
        ),
        Metric(
            "code_bits",
            "Bits per sample",
            "Entropy of the codes, summed over all positions: the bits needed to store a sample.",
            "",
            ".1f",
        ),
        Metric("longest_bits", "Maximum bits per sample", "Bits per sample if every entry were used equally often.", "", ".1f"),
    ),
    measure=_measure,
)
