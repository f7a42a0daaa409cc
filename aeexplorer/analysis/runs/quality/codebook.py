"""How a codebook is used over the test split."""

import math

import numpy as np

from aeexplorer.analysis.codes.codebook import codes_of, split_usage
from aeexplorer.analysis.runs.quality.base import Family, Figure, Material, Metric


def code_bits(codes: np.ndarray) -> float:
    """Bits that the codes ``(n, T)`` of a sample take when each place has a code of its own: Σ over places of its entropy."""
    total = 0.0
    for place in codes.T:
        counts = np.unique_counts(place).counts
        share = counts / counts.sum()
        total -= float((share * np.log2(share)).sum())
    return total


def _measure(material: Material) -> dict[str, Figure]:
    found = split_usage(material.run, material.split)
    codes = codes_of(material.run)
    return {
        "codebook_usage": Figure(found.used),
        "perplexity": Figure(found.perplexity),
        "code_bits": Figure(code_bits(np.asarray(codes[material.test]))),
        "longest_bits": Figure(codes.shape[1] * math.log2(len(found.counts))),
    }


FAMILY = Family(
    name="codebook",
    title="Codebook",
    place=30,
    needs=frozenset({"results", "codebook"}),
    metrics=(
        Metric("codebook_usage", "Usage", "Share of the entries that are used at all.", "higher", ".1%"),
        Metric(
            "perplexity",
            "Perplexity",
            "exp of the entropy of the usage: so many entries, equally used, would be as varied.",
            "higher",
            ".1f",
        ),
        Metric(
            "code_bits", "Bits a sample", "Entropy of the codes at each place, summed: what storing a sample takes.", "", ".1f"
        ),
        Metric("longest_bits", "Bits at most", "The same if every entry were used equally often.", "", ".1f"),
    ),
    measure=_measure,
)
