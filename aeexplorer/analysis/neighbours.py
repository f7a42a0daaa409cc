"""Nearest neighbours, and how far a projection keeps them."""

from collections.abc import Callable

import numpy as np

CHECKED = 2_000
"""Trustworthiness is computed over at most so many samples."""
NEIGHBOURS = 10
EXACT = 20_000
"""Up to so many points, each one's neighbours are looked for among all others."""
FEWEST = 4
"""Of fewer points, who is a neighbour of whom says nothing."""
_PROBES = 16
_ROWS = 500


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


def finder(among: np.ndarray) -> Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]:
    """What finds the k points of `among`, ``(n, d)``, nearest to each of some points: ``find(points, k)``, as `nearest`.

    Exact up to 20,000 points. More are sorted into 2 √n cells, and only the 16 cells nearest to a point are looked at
    (an inverted file, Johnson et al. 2017, arXiv:1702.08734): on latents of MNIST 99 % of the neighbours.
    """
    import faiss

    among = np.ascontiguousarray(among, np.float32)
    n, size = among.shape
    if n <= EXACT:
        return lambda points, k: nearest(points, among, k)
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(size), size, int(2 * n**0.5))
    index.cp.niter, index.cp.min_points_per_centroid = 5, 1
    index.train(among[:: max(1, n // (32 * index.nlist))])
    index.add(among)
    index.nprobe = _PROBES

    def find(points: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        squares, rows = index.search(np.ascontiguousarray(points, np.float32), k)
        distances = np.sqrt(np.maximum(squares, 0, dtype=np.float32))
        if (short := rows[:, -1] < 0).any():  # too few points in the cells looked at
            rows[short], distances[short] = nearest(points[short], among, k)
        return rows, distances

    return find


def nearest_others(points: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Each point's k nearest others, nearest first, as `finder` finds them.

    Parameters
    ----------
    points
        ``(n, d)``.
    k
        Less than n.

    Returns
    -------
    tuple of numpy.ndarray
        Rows, int64 ``(n, k)``, and distances, float32 ``(n, k)``.
    """
    rows, distances = finder(points)(points, k + 1)
    others = rows != np.arange(len(points))[:, None]
    others[others.all(1), -1] = False  # among more than k equal points it may not find itself
    return rows[others].reshape(-1, k), distances[others].reshape(-1, k)


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
    return float(1 - _penalty(high, low, k).mean()) if len(high) >= FEWEST else None


def continuity(high: np.ndarray, low: np.ndarray, k: int = NEIGHBOURS, seed: int = 0) -> float | None:
    """How far a sample's neighbours in the latent space stay near it on the map, 0 to 1.

    `trustworthiness` with the two spaces exchanged (Venna & Kaski 2001); arguments and result as there.
    """
    return trustworthiness(low, high, k, seed)


def penalties(high: np.ndarray, low: np.ndarray, k: int = NEIGHBOURS) -> tuple[np.ndarray, np.ndarray]:
    """The terms of trustworthiness and of continuity, sample by sample.

    One less their mean is the trustworthiness and the continuity of Venna & Kaski (2001, ICANN, LNCS 2130:485); on a
    map they show where it is torn and where it is glued (Lespinats & Aupetit 2011, CheckViz, CGF 30(1):113).

    Parameters
    ----------
    high, low
        ``(n, d)`` points and ``(n, dims)`` positions of the same samples.
    k
        Neighbours looked at; fewer where the samples are fewer than ``2k + 2``.

    Returns
    -------
    tuple of numpy.ndarray
        float32 ``(n,)`` each, 0 to 1; zeros for fewer than four samples.
    """
    return _penalty(high, low, k), _penalty(low, high, k)


def _penalty(judged: np.ndarray, shown: np.ndarray, k: int) -> np.ndarray:
    """For the k nearest of each point among `shown`, how far their ranks among `judged` exceed k, of the most possible."""
    n = len(judged)
    k = min(k, (n - 1) // 2)
    if n < FEWEST:
        return np.zeros(n, np.float32)
    neighbours, _ = nearest_others(shown, k)
    points = (judged - judged.mean(0)).astype(np.float32)
    norms = np.square(points).sum(1)
    excess = np.empty(n, np.float32)
    for start in range(0, n, _ROWS):
        rows = slice(start, start + _ROWS)
        squares = norms - 2 * (points[rows] @ points.T)  # less the point's own norm, which changes no rank
        block = np.arange(len(squares))
        squares[block, block + start] = np.inf
        picked = np.take_along_axis(squares, neighbours[rows], 1)
        squares.sort(1)
        ranks = np.stack([np.searchsorted(*both) + 1 for both in zip(squares, picked, strict=True)])
        excess[rows] = np.maximum(ranks - k, 0).sum(1)
    return excess / np.float32(k * (2 * n - 3 * k - 1) / 2)
