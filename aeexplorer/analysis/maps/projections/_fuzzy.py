"""UMAP's weighted graph of nearest neighbours (McInnes, Healy & Melville 2018, arXiv:1802.03426, section 3.1)."""

import numpy as np
from scipy.sparse import csr_matrix

_BISECTION_STEPS = 24
"""Steps of the search for σ."""
_MIN_SIGMA_RATIO = 1e-3
"""Smallest σ, as a share of the mean distance of the neighbours."""


def membership_strengths(distances: np.ndarray) -> np.ndarray:
    """Compute how strongly each neighbour belongs to a sample's neighbourhood, ``p = exp(-max(0, d - ρ) / σ)``.

    ρ is the distance of the nearest neighbour that is not at the same position. σ is chosen for each sample such that its
    strengths sum to log₂ (k + 1), which adapts the neighbourhood to the local density. It is k + 1 and not k because
    umap-learn counts the sample itself among its neighbours, but leaves its strength out of the sum.

    Parameters
    ----------
    distances
        ``(m, k)``, of k neighbours other than the sample itself.

    Returns
    -------
    numpy.ndarray
        float32 ``(m, k)``, 0 to 1.
    """
    # ρ, and the distances beyond it
    rho = np.where(distances > 0, distances, np.inf).min(1)
    beyond = np.maximum(distances - np.where(np.isfinite(rho), rho, 0)[:, None], 0).astype(np.float32)  # (m, k)
    # find σ of all samples by bisection; it is doubled until the sum is too large for the first time
    target = np.log2(distances.shape[1] + 1)
    low, high = np.zeros(len(beyond), np.float32), np.full(len(beyond), np.inf, np.float32)
    sigma = np.ones(len(beyond), np.float32)
    for _ in range(_BISECTION_STEPS):
        is_too_wide = np.exp(-beyond / sigma[:, None]).sum(1) > target
        high, low = np.where(is_too_wide, sigma, high), np.where(is_too_wide, low, sigma)
        sigma = np.where(np.isinf(high), 2 * sigma, (low + high) / 2)
    min_sigma = _MIN_SIGMA_RATIO * np.where(distances.any(1), distances.mean(1), 1)
    return np.exp(-beyond / np.maximum(sigma, min_sigma)[:, None]).astype(np.float32)


def fuzzy_graph(rows: np.ndarray, distances: np.ndarray) -> csr_matrix:
    """Build the symmetric graph of the membership strengths P, ``P + Pᵀ - P ∘ Pᵀ``.

    Read as probabilities that an edge exists, the strengths ``p(i → j)`` and ``p(j → i)`` are combined to the probability
    that at least one of the two edges exists (the fuzzy union of the paper).

    Parameters
    ----------
    rows, distances
        ``(n, k)``: row numbers and distances of k neighbours of each of n samples, without the sample itself.

    Returns
    -------
    scipy.sparse.csr_matrix
        float32 ``(n, n)``, without a diagonal.
    """
    n, k = rows.shape
    directed = csr_matrix((membership_strengths(distances).ravel(), rows.ravel(), np.arange(0, n * k + 1, k)), (n, n))
    transposed = directed.T.tocsr()
    return directed + transposed - directed.multiply(transposed)
