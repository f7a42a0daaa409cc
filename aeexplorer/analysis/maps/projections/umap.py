"""UMAP: uniform manifold approximation and projection (McInnes, Healy & Melville 2018, arXiv:1802.03426).

The graph and the objective are the paper's; the layout follows the forces that its sampling amounts to on average,
whole instead of drawn (see `_forces`), so that it needs no compiled loop.
"""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_matrix

from aeexplorer.analysis.maps.alignment import procrustes
from aeexplorer.analysis.maps.projections._forces import PUSHES, Springs, pushes
from aeexplorer.analysis.maps.projections._fuzzy import fuzzy_graph
from aeexplorer.analysis.maps.projections.base import Layout, Method
from aeexplorer.analysis.maps.projections.pca import project as principal
from aeexplorer.analysis.neighbours import nearest, nearest_others

NEIGHBOURS = 15
"""Counted as umap-learn does: the sample itself is one of them."""
EPOCHS = 120
_MOMENTUM = 0.9
_START = 10.0
"""Largest coordinate of the start."""
_FIRST_PUSH = 0.3
"""Share of the push at the start; it grows until half of the epochs. Attraction first finds the coarse shape
(Böhm, Berens & Kobak 2022, arXiv:2007.08902)."""
LANDMARKS = 3_000
_LANDMARK_EPOCHS = 60
MOST = 100_000
"""Samples on a map, unless more are asked for."""
MANY = 15_000
"""Samples from which on a map of landmarks is worth showing first."""
_NEAR = 3
"""Landmarks that say where a sample goes."""


def stages(latents: np.ndarray, dims: int, seed: int) -> Iterator[Layout]:
    """Better and better layouts of all samples, each turned as the one before; the last one is the result.

    Where samples are many: 3,000 of them laid out and the others set among their nearest three, then the layout of all
    after a third and two thirds of its epochs.
    """
    n = len(latents)
    start = principal(latents, dims, seed).xy
    if n < 4 or not start.any():
        yield Layout(start)
        return
    shown = start
    if n >= MANY:
        chosen = np.random.default_rng(seed).permutation(n)[:LANDMARKS]
        *_, laid = _epochs(_graph(latents[chosen]), start[chosen], _LANDMARK_EPOCHS)
        rows, distances = nearest(latents, latents[chosen], _NEAR)
        shown = _turned(_between(laid[rows], distances), shown)
        yield Layout(shown)
    for epoch, xy in enumerate(_epochs(_graph(latents), start, EPOCHS), 1):
        if epoch == EPOCHS or (n >= MANY and epoch % (EPOCHS // 3) == 0):
            shown = _turned(xy, shown)
            yield Layout(shown)


def project(latents: np.ndarray, dims: int, seed: int) -> Layout:
    """15 Euclidean neighbours (all others where there are fewer), min_dist 0.1, 120 epochs, started from PCA."""
    *_, layout = stages(latents, dims, seed)
    return layout


def _graph(latents: np.ndarray) -> csr_matrix:
    return fuzzy_graph(*nearest_others(latents, min(NEIGHBOURS, len(latents)) - 1))


def _epochs(graph: csr_matrix, start: np.ndarray, epochs: int) -> Iterator[np.ndarray]:
    """The layout ``(n, dims)`` after each epoch.

    Each sample moves by its forces over the stiffness of its springs, at most by 1, and by 0.9 of its last move; the
    moves get shorter over the last fifth of the epochs.
    """
    y = np.ascontiguousarray((start * (_START / np.abs(start).max())).T, np.float32)
    springs = Springs(graph)
    rate = np.asarray(graph.sum(1), np.float32).ravel() * (PUSHES / graph.shape[0])
    moved = np.zeros_like(y)
    for epoch in range(epochs):
        share = min(1.0, _FIRST_PUSH + (1 - _FIRST_PUSH) * 2 * epoch / epochs)
        pulled, stiffness = springs(y)
        step = (pulled + np.float32(share) * rate * pushes(y)) / (1 + stiffness)
        step *= np.float32(min(1.0, 5 * (epochs - epoch) / epochs)) / np.maximum(np.sqrt((step * step).sum(0)), 1)
        moved = np.float32(_MOMENTUM) * moved + step
        y = y + moved
        yield y.T


def _between(corners: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """Means ``(n, dims)`` of positions ``(n, k, dims)``, weighted by one over their squared distances ``(n, k)`` squared."""
    weights = 1 / np.square(np.square(distances) + 1e-6)
    return np.einsum("nk,nkd->nd", weights / weights.sum(1, keepdims=True), corners).astype(np.float32)


def _turned(xy: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """A layout turned, mirrored and shifted, never scaled, to lie as another."""
    found = procrustes(xy, onto)
    return np.ascontiguousarray((xy - found.centre) @ found.rotation + found.target, np.float32)


METHOD = Method(
    name="umap",
    title="UMAP",
    help="Keeps each sample near its 15 nearest neighbours. Clusters are real; distances between them, and their sizes, are not.",
    quick=False,
    fits=lambda size, dims: size > 1,
    project=project,
    stages=stages,
    most=MOST,
    caution="distances between clusters, and their sizes, mean nothing",
)
