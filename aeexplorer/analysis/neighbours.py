"""Nearest neighbours, and how well a projection preserves them."""

from collections.abc import Callable

import numpy as np

MAX_CHECKED_SAMPLES = 2_000
"""Trustworthiness and continuity are computed over at most this many samples."""
NEIGHBOURS = 10
"""Default number of neighbours in trustworthiness and continuity."""
MAX_EXACT_POINTS = 20_000
"""Up to this many points, the search for neighbours is exhaustive."""
MIN_POINTS = 4
"""Neighbourhoods of fewer points have no meaning."""
_PROBED_CELLS = 16
"""Cells of the inverted file that are searched for each point."""
_BLOCK_ROWS = 500
"""Rows of the distance matrix that are in memory at a time."""


def nearest(points: np.ndarray, among: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the k points of `among` nearest to each of `points`, by Euclidean distance.

    Parameters
    ----------
    points, among
        ``(m, d)`` and ``(n, d)``.
    k
        Number of neighbours, at most n.

    Returns
    -------
    tuple of numpy.ndarray
        Row numbers in `among`, int64 ``(m, k)``, nearest first, and distances, float32 ``(m, k)``.
    """
    import faiss

    points, among = (np.ascontiguousarray(x, np.float32) for x in (points, among))
    squares, rows = faiss.knn(points, among, k)
    return rows, np.sqrt(np.maximum(squares, 0, dtype=np.float32))


def build_neighbour_search(among: np.ndarray) -> Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]:
    """Build a function that finds the nearest neighbours of points among fixed points.

    The search is exact up to 20,000 points. Larger sets are partitioned into 2 √n cells, and only the 16 cells nearest
    to a point are searched (an inverted file; Johnson et al. 2017, arXiv:1702.08734). On the latents of MNIST this finds
    99 % of the neighbours.

    Parameters
    ----------
    among
        ``(n, d)``.

    Returns
    -------
    callable
        ``find(points, k)``, with the same result as ``nearest(points, among, k)``.
    """
    import faiss

    among = np.ascontiguousarray(among, np.float32)
    n, size = among.shape
    if n <= MAX_EXACT_POINTS:
        return lambda points, k: nearest(points, among, k)
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(size), size, int(2 * n**0.5))
    index.cp.niter, index.cp.min_points_per_centroid = 5, 1
    index.train(among[:: max(1, n // (32 * index.nlist))])
    index.add(among)
    index.nprobe = _PROBED_CELLS

    def find(points: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        squares, rows = index.search(np.ascontiguousarray(points, np.float32), k)
        distances = np.sqrt(np.maximum(squares, 0, dtype=np.float32))
        incomplete = rows[:, -1] < 0  # the searched cells hold fewer than k points
        if incomplete.any():
            rows[incomplete], distances[incomplete] = nearest(points[incomplete], among, k)
        return rows, distances

    return find


def nearest_others(points: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the k nearest other points of each point, with `build_neighbour_search`.

    Parameters
    ----------
    points
        ``(n, d)``.
    k
        Number of neighbours, less than n.

    Returns
    -------
    tuple of numpy.ndarray
        Row numbers, int64 ``(n, k)``, nearest first, and distances, float32 ``(n, k)``.
    """
    rows, distances = build_neighbour_search(points)(points, k + 1)
    others = rows != np.arange(len(points))[:, None]
    others[others.all(1), -1] = False  # among more than k equal points, the point itself may be missing from its row
    return rows[others].reshape(-1, k), distances[others].reshape(-1, k)


def trustworthiness(high: np.ndarray, low: np.ndarray, k: int = NEIGHBOURS, seed: int = 0) -> float | None:
    """Compute the trustworthiness of a map: whether neighbours on the map are neighbours in the latent space.

    It is one minus the normalised sum of ``rank(j) - k`` over each sample's k map neighbours j that are not among its k
    latent neighbours (Venna & Kaski 2001, ICANN, LNCS 2130:485). It is computed over at most 2,000 samples, drawn with
    the seed.

    Parameters
    ----------
    high, low
        ``(n, d)`` latents and ``(n, dims)`` positions of the same samples.
    k
        Number of neighbours; reduced to ``(n - 1) // 2`` if there are fewer than ``2k + 2`` samples.
    seed
        Seed of the draw.

    Returns
    -------
    float or None
        0 to 1; None for fewer than four samples, where it has no meaning.
    """
    if len(high) > MAX_CHECKED_SAMPLES:
        rows = np.sort(np.random.default_rng(seed).permutation(len(high))[:MAX_CHECKED_SAMPLES])
        high, low = high[rows], low[rows]
    return float(1 - _excess_ranks(high, low, k).mean()) if len(high) >= MIN_POINTS else None


def continuity(high: np.ndarray, low: np.ndarray, k: int = NEIGHBOURS, seed: int = 0) -> float | None:
    """Compute the continuity of a map: whether neighbours in the latent space are neighbours on the map.

    It is `trustworthiness` with the two spaces exchanged (Venna & Kaski 2001), with the same parameters and result.
    """
    return trustworthiness(low, high, k, seed)


def rank_penalties(high: np.ndarray, low: np.ndarray, k: int = NEIGHBOURS) -> tuple[np.ndarray, np.ndarray]:
    """Compute each sample's terms of trustworthiness and of continuity.

    One minus their means is the trustworthiness and the continuity (Venna & Kaski 2001, ICANN, LNCS 2130:485). Drawn on
    a map, the terms show where it joins distant samples and where it tears neighbours apart (Lespinats & Aupetit 2011,
    CheckViz, CGF 30(1):113).

    Parameters
    ----------
    high, low
        ``(n, d)`` points and ``(n, dims)`` positions of the same samples.
    k
        Number of neighbours; reduced to ``(n - 1) // 2`` if there are fewer than ``2k + 2`` samples.

    Returns
    -------
    tuple of numpy.ndarray
        Terms of trustworthiness (false neighbours) and of continuity (missing neighbours), float32 ``(n,)`` each, 0 to 1;
        zeros for fewer than four samples.
    """
    return _excess_ranks(high, low, k), _excess_ranks(low, high, k)


def _excess_ranks(reference: np.ndarray, space: np.ndarray, k: int) -> np.ndarray:
    """Sum, over each point's k neighbours in `space`, how far their rank in `reference` exceeds k: float32 ``(n,)``.

    The sums are divided by their largest possible value.
    """
    n = len(reference)
    k = min(k, (n - 1) // 2)
    if n < MIN_POINTS:
        return np.zeros(n, np.float32)
    neighbours, _ = nearest_others(space, k)
    points = (reference - reference.mean(0)).astype(np.float32)
    norms = np.square(points).sum(1)
    excess = np.empty(n, np.float32)
    for start in range(0, n, _BLOCK_ROWS):
        rows = slice(start, start + _BLOCK_ROWS)
        # squared distances (rows, n), without the point's own squared norm, which does not change the ranks
        squares = norms - 2 * (points[rows] @ points.T)
        block = np.arange(len(squares))
        squares[block, block + start] = np.inf  # a point is not its own neighbour
        # ranks in `reference` of the neighbours in `space`, (rows, k)
        of_neighbours = np.take_along_axis(squares, neighbours[rows], 1)
        squares.sort(1)
        ranks = np.stack([np.searchsorted(*pair) + 1 for pair in zip(squares, of_neighbours, strict=True)])
        excess[rows] = np.maximum(ranks - k, 0).sum(1)
    return excess / np.float32(k * (2 * n - 3 * k - 1) / 2)
