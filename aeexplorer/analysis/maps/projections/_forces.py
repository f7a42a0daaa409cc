"""The forces of UMAP's layout on all samples at once.

UMAP draws edges and, for each, a few samples to push away. What that amounts to in expectation (Damrich & Hamprecht
2021, arXiv:2103.14608) is computed here whole: the pull of every edge, and the push of every sample on every other, the
latter as a convolution on a grid, as Linderman et al. (2019, arXiv:1712.09005) do for t-SNE. Positions are columns,
float32 ``(dims, n)``.
"""

from functools import lru_cache
from itertools import product

import numpy as np
from scipy import fft
from scipy.sparse import csr_matrix, triu

A, B = 1.5769434, 0.8950609
"""Of the similarity ``1 / (1 + A d^2B)``, as umap-learn fits them to a spread of 1 and a least distance of 0.1."""
PUSHES = 5
"""Samples pushed away per edge."""
_LONGEST = 4.0
"""Of a single push."""
_SPACING = {2: 0.1, 3: 0.4}
_MOST_CELLS = {2: 1024, 3: 64}
"""Along an axis; where the layout is wider, the grid gets coarser."""
_ROUND = {2: 64, 3: 16}
"""The sides of grids are multiples of this, so that their kernels serve many epochs."""


def pull(squares: np.ndarray) -> np.ndarray:
    """``2 A B d^(2B - 2) / (1 + A d^2B)`` of squared distances: the attraction per distance."""
    powers = np.log(squares)
    powers *= B
    np.exp(powers, out=powers)
    found = powers / squares
    powers *= A
    powers += 1
    found /= powers
    found *= 2 * A * B
    return found


class Springs:
    """The pull along the edges of a symmetric graph, float32 ``(n, n)``."""

    def __init__(self, graph: csr_matrix) -> None:
        half = triu(graph, 1, "csr")
        self._weights = (2 * half.data).astype(np.float32)  # each end's edge moves both ends
        self._heads = np.repeat(np.arange(graph.shape[0], dtype=np.int32), np.diff(half.indptr))
        self._half = half

    def __call__(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The force on each sample, ``(dims, n)``, and the sum of its springs' stiffness ``(n,)``."""
        apart = np.stack([axis.take(self._heads) - axis.take(self._half.indices) for axis in y])
        squares = np.einsum("dn,dn->n", apart, apart) + np.float32(1e-8)
        strengths = pull(squares) * self._weights
        half = csr_matrix((strengths, self._half.indices, self._half.indptr), self._half.shape)
        sides = np.ascontiguousarray(np.vstack([y, np.ones_like(y[:1])]).T)
        *sums, stiffness = (half @ sides + half.T @ sides).T
        return np.stack(sums) - stiffness * y, stiffness


def pushes(y: np.ndarray) -> np.ndarray:
    """How each of many samples ``(dims, n)`` is pushed by all others, ``2 B d / ((0.001 + d²) (1 + A d^2B))``, each at most 4.

    Samples are spread over the corners of their cells of a grid, pushes are convolved there, and read off in the same
    way (linear interpolation).
    """
    dims = len(y)
    low = y.min(1, keepdims=True)
    extent, spacing = float((y.max(1, keepdims=True) - low).max()), _SPACING[dims]
    while extent / spacing > _MOST_CELLS[dims]:
        spacing *= 2
    side = -(-2 * (int(extent / spacing) + 2) // _ROUND[dims]) * _ROUND[dims]
    shape, count = (side,) * dims, side**dims
    corners = _corners((y - low) / np.float32(spacing), side)
    density = np.zeros(count)
    for place, share in corners:
        density += np.bincount(place, share, count)
    spectrum = fft.rfftn(density.astype(np.float32).reshape(shape))
    pushed = np.zeros_like(y)
    for along, kernel in zip(pushed, _kernels(side, dims, spacing), strict=True):
        force = fft.irfftn(spectrum * kernel, shape).ravel()
        for place, share in corners:
            along += force.take(place) * share
    return pushed


def _corners(scaled: np.ndarray, side: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The corners of each sample's cell, as flat places on a grid of so many a side, and its share in each."""
    cells = scaled.astype(np.int32)
    right = scaled - cells
    found = []
    for corner in product((0, 1), repeat=len(scaled)):
        place, share = np.zeros_like(cells[0]), np.ones_like(right[0])
        for end, cell, part in zip(corner, cells, right, strict=True):
            place = place * np.int32(side) + cell + np.int32(end)
            share = share * (part if end else 1 - part)
        found.append((place, share))
    return found


@lru_cache(maxsize=2)
def _kernels(side: int, dims: int, spacing: float) -> list[np.ndarray]:
    """The spectrum of each component of the push."""
    steps = fft.fftfreq(side, 1 / side).astype(np.float32) * np.float32(spacing)
    axes = np.meshgrid(*[steps] * dims, indexing="ij", sparse=True)
    squares = np.asarray(sum(axis * axis for axis in axes))
    strengths = 2 * B / ((0.001 + squares) * (1 + A * squares**B))
    strengths = np.minimum(strengths, _LONGEST / np.sqrt(np.maximum(squares, 1e-12)))
    return [fft.rfftn((strengths * axis).astype(np.float32)) for axis in axes]
