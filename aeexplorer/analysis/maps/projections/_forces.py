"""Forces of the UMAP layout (McInnes, Healy & Melville 2018, arXiv:1802.03426, section 3.2), on all samples at once.

UMAP draws edges of its graph at random: the two samples of an edge attract each other, and a few random samples
("negative samples") push each of them away. This module computes the expected force of that procedure (Damrich &
Hamprecht 2021, arXiv:2103.14608) without drawing anything: the attraction along every edge, and the repulsion between all
pairs of samples. The repulsion is a convolution on a grid, as Linderman et al. (2019, arXiv:1712.09005) compute it for
t-SNE, so that its cost does not grow with the number of pairs.

With the similarity ``q(d) = 1 / (1 + A d^2B)`` of two samples at distance d, the loss of an edge is ``-log q(d)`` and that
of a negative sample is ``-log(1 - q(d))``. The forces are the negative gradients of these losses. Positions are
float32 ``(dims, n)``, one sample a column.
"""

from functools import lru_cache
from itertools import product

import numpy as np
from scipy import fft
from scipy.sparse import csr_matrix, triu

A, B = 1.5769434, 0.8950609
"""Parameters of the similarity, as umap-learn fits them to spread 1 and min_dist 0.1."""
NEGATIVE_SAMPLES = 5
"""Negative samples per edge."""
_MAX_REPULSION = 4.0
"""Largest repulsion between two samples; it diverges as they approach each other."""
_CELL_SIZE = {2: 0.1, 3: 0.4}
"""Width of a grid cell, by number of dimensions."""
_MAX_CELLS = {2: 1024, 3: 64}
"""Largest number of cells that the layout covers along an axis; a wider layout gets a coarser grid."""
_SIDE_MULTIPLE = {2: 64, 3: 16}
"""The side of the grid is a multiple of this, so that many epochs share the same kernels."""


def attraction_strength(squares: np.ndarray) -> np.ndarray:
    """Compute the attraction per unit of distance, ``2 A B d^(2B - 2) / (1 + A d^2B)``.

    Parameters
    ----------
    squares
        Squared distances d², positive, of any shape.
    """
    # in place: there is one value for each of some million edges
    powers = np.log(squares)
    powers *= B
    np.exp(powers, out=powers)  # d^2B
    strengths = powers / squares  # d^(2B - 2)
    powers *= A
    powers += 1
    strengths /= powers
    strengths *= 2 * A * B
    return strengths


class Attraction:
    """The attraction along the edges of a graph: each edge is a spring whose stiffness depends on its length.

    Parameters
    ----------
    graph
        Symmetric weights, float32 ``(n, n)``, without a diagonal.
    """

    def __init__(self, graph: csr_matrix) -> None:
        self._half = triu(graph, 1, "csr")  # each pair of samples once
        self._weights = (2 * self._half.data).astype(np.float32)  # UMAP draws the edges i → j and j → i; each moves both ends
        self._heads = np.repeat(np.arange(graph.shape[0], dtype=np.int32), np.diff(self._half.indptr))
        self._tails = self._half.indices

    def __call__(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute the attraction of each sample.

        Parameters
        ----------
        y
            Positions ``(dims, n)``.

        Returns
        -------
        tuple of numpy.ndarray
            The force ``F_i = Σ_j k_ij (y_j - y_i)``, ``(dims, n)``, and the stiffness ``Σ_j k_ij``, ``(n,)``, where k_ij is
            the weight of an edge times its `attraction_strength`.
        """
        # k_ij of every edge, (edges,)
        differences = np.stack([axis.take(self._heads) - axis.take(self._tails) for axis in y])  # (dims, edges)
        squares = np.einsum("dn,dn->n", differences, differences) + np.float32(1e-8)
        strengths = attraction_strength(squares) * self._weights
        half = csr_matrix((strengths, self._half.indices, self._half.indptr), self._half.shape)
        # K @ [y, 1] with the symmetric matrix K = half + halfᵀ gives Σ_j k_ij y_j and Σ_j k_ij
        columns = np.ascontiguousarray(np.vstack([y, np.ones_like(y[:1])]).T)  # (n, dims + 1)
        *sums, stiffness = (half @ columns + half.T @ columns).T
        return np.stack(sums) - stiffness * y, stiffness


def repulsion(y: np.ndarray) -> np.ndarray:
    """Compute the repulsion of each sample by all samples, approximately.

    The repulsion between two samples is ``2 B d / ((0.001 + d²) (1 + A d^2B))``, at most 4 (umap-learn adds the same 0.001).
    The samples are distributed over the corners of their grid cells, the kernel is applied by fast Fourier transform, and
    the forces are interpolated linearly at the samples.

    Parameters
    ----------
    y
        Positions ``(dims, n)``.

    Returns
    -------
    numpy.ndarray
        Forces ``(dims, n)``.
    """
    # choose a grid; twice as wide as the layout, so that the cyclic convolution does not wrap around
    dims = len(y)
    low = y.min(1, keepdims=True)
    extent, cell_size = float((y.max(1, keepdims=True) - low).max()), _CELL_SIZE[dims]
    while extent / cell_size > _MAX_CELLS[dims]:
        cell_size *= 2
    side = -(-2 * (int(extent / cell_size) + 2) // _SIDE_MULTIPLE[dims]) * _SIDE_MULTIPLE[dims]
    shape, count = (side,) * dims, side**dims
    # distribute the samples over the grid
    corners = _cell_corners((y - low) / np.float32(cell_size), side)
    density = np.zeros(count)
    for nodes, weights in corners:
        density += np.bincount(nodes, weights, count)
    # convolve the density with each component of the kernel, and interpolate at the samples
    spectrum = fft.rfftn(density.astype(np.float32).reshape(shape))
    forces = np.zeros_like(y)
    for component, kernel in zip(forces, _kernel_spectra(side, dims, cell_size), strict=True):
        field = fft.irfftn(spectrum * kernel, shape).ravel()  # the force at each node of the grid
        for nodes, weights in corners:
            component += field.take(nodes) * weights
    return forces


def _cell_corners(scaled: np.ndarray, side: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Compute the corners of each sample's grid cell, with the weights of a linear interpolation.

    Parameters
    ----------
    scaled
        Positions in units of cells, ``(dims, n)``, at least 0.
    side
        Nodes along each axis of the grid.

    Returns
    -------
    list of tuple of numpy.ndarray
        For each of the 2^dims corners: the flat index of its node ``(n,)``, and its weight ``(n,)``.
    """
    cells = scaled.astype(np.int32)
    fractions = scaled - cells
    corners = []
    for corner in product((0, 1), repeat=len(scaled)):
        nodes, weights = np.zeros_like(cells[0]), np.ones_like(fractions[0])
        for end, cell, fraction in zip(corner, cells, fractions, strict=True):
            nodes = nodes * np.int32(side) + cell + np.int32(end)
            weights = weights * (fraction if end else 1 - fraction)
        corners.append((nodes, weights))
    return corners


@lru_cache(maxsize=2)
def _kernel_spectra(side: int, dims: int, cell_size: float) -> list[np.ndarray]:
    """Compute the Fourier transform of each component of the repulsion as a function of the offset between two nodes."""
    offsets = fft.fftfreq(side, 1 / side).astype(np.float32) * np.float32(cell_size)  # 0, 1, …, -2, -1 cells
    axes = np.meshgrid(*[offsets] * dims, indexing="ij", sparse=True)
    squares = np.asarray(sum(axis * axis for axis in axes))
    strengths = 2 * B / ((0.001 + squares) * (1 + A * squares**B))
    strengths = np.minimum(strengths, _MAX_REPULSION / np.sqrt(np.maximum(squares, 1e-12)))
    return [fft.rfftn((strengths * axis).astype(np.float32)) for axis in axes]
