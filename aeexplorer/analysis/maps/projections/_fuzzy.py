"""UMAP's weighted graph of nearest neighbours (McInnes, Healy & Melville 2018, arXiv:1802.03426, section 3.1)."""

import numpy as np
from scipy.sparse import csr_matrix

_HALVINGS = 24
_LEAST_WIDTH = 1e-3
"""Of a neighbourhood, as a share of its mean distance."""


def memberships(distances: np.ndarray) -> np.ndarray:
    """How far each sample's neighbours belong to its neighbourhood, ``exp(-(d - ρ) / σ)``, 0 to 1.

    ρ is the distance of the nearest neighbour that is not at the same place, and σ such that the memberships of a row
    sum to log₂ (k + 1): umap-learn counts the sample itself as a neighbour, but not its membership.

    Parameters
    ----------
    distances
        ``(m, k)``, of the neighbours without the sample itself.

    Returns
    -------
    numpy.ndarray
        float32 ``(m, k)``.
    """
    apart = np.where(distances > 0, distances, np.inf).min(1)
    beyond = np.maximum(distances - np.where(np.isfinite(apart), apart, 0)[:, None], 0).astype(np.float32)
    wanted = np.log2(distances.shape[1] + 1)
    low, high = np.zeros(len(beyond), np.float32), np.full(len(beyond), np.inf, np.float32)
    width = np.ones(len(beyond), np.float32)
    for _ in range(_HALVINGS):
        wide = np.exp(-beyond / width[:, None]).sum(1) > wanted
        high, low = np.where(wide, width, high), np.where(wide, low, width)
        width = np.where(np.isinf(high), 2 * width, (low + high) / 2)
    least = _LEAST_WIDTH * np.where(distances.any(1), distances.mean(1), 1)
    return np.exp(-beyond / np.maximum(width, least)[:, None]).astype(np.float32)


def fuzzy_graph(rows: np.ndarray, distances: np.ndarray) -> csr_matrix:
    """The symmetric graph ``P + Pᵀ - P ∘ Pᵀ`` of the memberships P.

    Parameters
    ----------
    rows, distances
        ``(n, k)`` neighbours of each of n samples, without the sample itself.

    Returns
    -------
    scipy.sparse.csr_matrix
        float32 ``(n, n)``, without a diagonal.
    """
    n, k = rows.shape
    graph = csr_matrix((memberships(distances).ravel(), rows.ravel(), np.arange(0, n * k + 1, k)), (n, n))
    turned = graph.T.tocsr()
    return graph + turned - graph.multiply(turned)
