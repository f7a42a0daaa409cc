"""The samples that `linked_page.py` draws and `test_linked.py` reckons with."""

from dataclasses import dataclass
from functools import cache

import numpy as np

BINS, CODES, TOKENS = 20, 16, 4


@dataclass(frozen=True)
class Samples:
    """`count` samples in ten clusters; ids are shuffled and have gaps, so that no position is an id."""

    ids: np.ndarray
    label: np.ndarray
    xyz: np.ndarray
    error: np.ndarray
    bins: np.ndarray
    codes: np.ndarray
    edges: np.ndarray


@cache
def samples(count: int) -> Samples:
    rng = np.random.default_rng(7)
    label = rng.integers(0, 10, count)
    angle = label / 10 * 2 * np.pi
    spread = rng.normal(size=(count, 3)) * 0.5
    error = np.abs(spread).sum(1)
    edges = np.linspace(0, error.max() + 1e-6, BINS + 1)
    return Samples(
        ids=rng.permutation(count * 3)[:count].astype(np.int32),
        label=label,
        xyz=np.stack([3 * np.cos(angle), 3 * np.sin(angle), angle / 2], 1) + spread,
        error=error,
        bins=np.digitize(error, edges) - 1,
        codes=rng.integers(0, CODES, (count, TOKENS)),
        edges=edges,
    )


def rows_shown(count: int, rows: str) -> np.ndarray:
    """The samples of a map, in drawing order: all, or half of them shuffled."""
    return np.random.default_rng(1).permutation(count)[: count // 2] if rows == "half" else np.arange(count)
