"""Exact nearest neighbours, and how far a projection keeps them."""

import numpy as np

CHECKED = 2_000
"""Trustworthiness is computed over at most so many samples."""
NEIGHBOURS = 10


def nearest(points: np.ndarray, among: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k points of `among` nearest to each of `points`, by Euclidean distance, nearest first.

    Parameters
    ----------
    points, among
        ``(m, d)`` and ``(n, d)``.
    k
        At most n.

    Returns
    -------
    tuple of numpy.ndarray
        Rows of `among`, int64 ``(m, k)``, and the distances, float32 ``(m, k)``.
    """
    import faiss

    points, among = (np.ascontiguousarray(x, np.float32) for x in (points, among))
    squares, rows = faiss.knn(points, among, k)
    return rows, np.sqrt(np.maximum(squares, 0, dtype=np.float32))


def trustworthiness(high: np.ndarray, low: np.ndarray, k: int = NEIGHBOURS, seed: int = 0) -> float | None:
    """How far a sample's neighbours on the map are its neighbours in the latent space, 0 to 1.

    One minus the normalised sum of ``rank(j) - k`` over each sample's k map neighbours j that are not among its k
    latent neighbours (Venna & Kaski 2001, ICANN, LNCS 2130:485). Over at most 2,000 of the samples, chosen by the seed.

    Parameters
    ----------
    high, low
        ``(n, d)`` latents and ``(n, dims)`` positions of the same samples.
    k
        Neighbours looked at; fewer where the samples are fewer than ``2k + 2``.

    Returns
    -------
    float or None
        None for fewer than four samples, where it has no meaning.
    """
    if len(high) > CHECKED:
        rows = np.sort(np.random.default_rng(seed).permutation(len(high))[:CHECKED])
        high, low = high[rows], low[rows]
    n = len(high)
    k = min(k, (n - 1) // 2)
    if k < 1 or n < 4:
        return None
    far, near = _squared_distances(high), _squared_distances(low)
    neighbours = np.argpartition(near, k - 1, axis=1)[:, :k]
    distances = np.take_along_axis(far, neighbours, 1)
    ranks = np.stack([(far < distances[:, j, None]).sum(1) + 1 for j in range(k)], 1)
    penalty = np.maximum(ranks - k, 0).sum()
    return float(1 - penalty * 2 / (n * k * (2 * n - 3 * k - 1)))


def continuity(high: np.ndarray, low: np.ndarray, k: int = NEIGHBOURS, seed: int = 0) -> float | None:
    """How far a sample's neighbours in the latent space stay near it on the map, 0 to 1.

    `trustworthiness` with the two spaces exchanged (Venna & Kaski 2001); arguments and result as there.
    """
    return trustworthiness(low, high, k, seed)


def _squared_distances(points: np.ndarray) -> np.ndarray:
    """Between all points, each infinitely far from itself: float32 ``(n, n)``."""
    centred = (points - points.mean(0)).astype(np.float32)
    norms = np.square(centred).sum(1)
    squares = norms[:, None] + norms - 2 * (centred @ centred.T)
    np.fill_diagonal(squares, np.inf)
    return squares
