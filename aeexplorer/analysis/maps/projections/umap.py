"""UMAP: uniform manifold approximation and projection (McInnes, Healy & Melville 2018, arXiv:1802.03426).

The algorithm has three steps:

1. Build a graph: connect each sample with its nearest neighbours, with weights between 0 and 1 (see `_fuzzy`).
2. Start from the first principal components.
3. Optimise the layout: edges of the graph attract, all other pairs of samples repel (see `_forces`).

Graph and objective are those of the paper. The paper's optimiser draws edges and negative samples at random; here every
epoch applies the expected force of that procedure, so that NumPy and SciPy are fast enough and no loop has to be compiled.
"""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_matrix

from aeexplorer.analysis.maps.alignment import procrustes
from aeexplorer.analysis.maps.projections._forces import NEGATIVE_SAMPLES, Attraction, repulsion
from aeexplorer.analysis.maps.projections._fuzzy import fuzzy_graph
from aeexplorer.analysis.maps.projections.base import Layout, Method
from aeexplorer.analysis.maps.projections.pca import project as project_pca
from aeexplorer.analysis.neighbours import nearest, nearest_others

NEIGHBOURS = 15
"""Number of neighbours; as in umap-learn, the sample itself counts as one of them."""
EPOCHS = 120
"""Steps of the optimisation."""
_MOMENTUM = 0.9
"""Share of the last step that is added to the next."""
_MAX_STEP = 1
"""Largest distance that the forces move a sample in an epoch."""
_INITIAL_EXTENT = 10.0
"""Largest coordinate of the initial layout."""
_INITIAL_REPULSION = 0.3
"""Share of the repulsion in the first epoch; it grows to 1 until half of the epochs are done. With little repulsion, the
attraction first finds the coarse structure (Böhm, Berens & Kobak 2022, arXiv:2007.08902)."""
LANDMARKS = 3_000
"""Samples of the first partial map of a large data set."""
_LANDMARK_EPOCHS = 60
"""Steps of the optimisation of the landmarks."""
_LANDMARK_NEIGHBOURS = 3
"""Nearest landmarks that determine the position of a sample on the first partial map."""
MIN_SAMPLES_FOR_LANDMARKS = 15_000
"""From this many samples on, partial maps are shown, the first of them computed from landmarks."""
MAX_SAMPLES = 100_000
"""Default limit of the samples on a map."""


def stages(latents: np.ndarray, dims: int, seed: int) -> Iterator[Layout]:
    """Yield partial layouts of all samples and then the final one, each aligned with the one before.

    For 15,000 samples or more there are three partial layouts: first, 3,000 landmarks are laid out and each sample is
    placed among its three nearest landmarks; then come the layouts after one and two thirds of the epochs.

    Parameters
    ----------
    latents
        float32 ``(n, d)``.
    dims
        2 or 3.
    seed
        Seed of the choice of landmarks and of the initial layout.
    """
    n = len(latents)
    start = project_pca(latents, dims, seed).xy
    if n < 4 or not start.any():
        yield Layout(start)
        return
    previous = start
    is_large = n >= MIN_SAMPLES_FOR_LANDMARKS
    # first partial layout: landmarks
    if is_large:
        landmarks = np.random.default_rng(seed).permutation(n)[:LANDMARKS]
        *_, landmark_xy = _optimise(_neighbour_graph(latents[landmarks]), start[landmarks], _LANDMARK_EPOCHS)
        rows, distances = nearest(latents, latents[landmarks], _LANDMARK_NEIGHBOURS)
        previous = _align(_weighted_means(landmark_xy[rows], distances), previous)
        yield Layout(previous)
    # layout of all samples, which starts from the principal components again
    for epoch, xy in enumerate(_optimise(_neighbour_graph(latents), start, EPOCHS), 1):
        if epoch == EPOCHS or (is_large and epoch % (EPOCHS // 3) == 0):
            previous = _align(xy, previous)
            yield Layout(previous)


def project(latents: np.ndarray, dims: int, seed: int) -> Layout:
    """Project latents ``(n, d)`` by UMAP.

    It uses 15 Euclidean neighbours (all other samples if there are fewer), min_dist 0.1, 120 epochs, and a start from the
    first principal components.
    """
    *_, layout = stages(latents, dims, seed)
    return layout


def _neighbour_graph(latents: np.ndarray) -> csr_matrix:
    """Build UMAP's graph of latents ``(n, d)``: symmetric weights float32 ``(n, n)``."""
    return fuzzy_graph(*nearest_others(latents, min(NEIGHBOURS, len(latents)) - 1))


def _optimise(graph: csr_matrix, start: np.ndarray, epochs: int) -> Iterator[np.ndarray]:
    """Yield the layout ``(n, dims)`` after each epoch.

    In the paper's procedure an edge i → j is drawn with probability ``p_ij``, pulls i and j together, and comes with
    ``NEGATIVE_SAMPLES`` uniformly drawn samples that push i away. The expected force on sample i is therefore

        F_i = Σ_j 2 p_ij a(d_ij) (y_j - y_i)  +  (Σ_j p_ij) · NEGATIVE_SAMPLES / n · Σ_k r(d_ik) (y_i - y_k)

    with the attraction a and the repulsion r per unit of distance. Each sample moves by ``F_i / (1 + stiffness_i)``, since
    samples with stiff springs would overshoot, at most by 1, plus 0.9 of its last step (momentum).
    """
    y = np.ascontiguousarray((start * (_INITIAL_EXTENT / np.abs(start).max())).T, np.float32)  # (dims, n)
    attraction = Attraction(graph)
    negative_rate = np.asarray(graph.sum(1), np.float32).ravel() * (NEGATIVE_SAMPLES / graph.shape[0])  # (n,)
    velocity = np.zeros_like(y)
    for epoch in range(epochs):
        # forces
        repulsion_share = min(1.0, _INITIAL_REPULSION + (1 - _INITIAL_REPULSION) * 2 * epoch / epochs)
        attracted, stiffness = attraction(y)  # (dims, n), (n,)
        step = (attracted + np.float32(repulsion_share) * negative_rate * repulsion(y)) / (1 + stiffness)
        # limit the step; it shrinks over the last fifth of the epochs
        rate = min(1.0, 5 * (epochs - epoch) / epochs)
        step *= np.float32(rate) / np.maximum(np.sqrt((step * step).sum(0)), _MAX_STEP)
        # move with momentum
        velocity = np.float32(_MOMENTUM) * velocity + step
        y = y + velocity
        yield y.T


def _weighted_means(positions: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """Average positions ``(n, k, dims)`` with weights ``1 / distance⁴`` of distances ``(n, k)``: float32 ``(n, dims)``."""
    weights = 1 / np.square(np.square(distances) + 1e-6)
    return np.einsum("nk,nkd->nd", weights / weights.sum(1, keepdims=True), positions).astype(np.float32)


def _align(xy: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """Rotate, reflect and shift a layout, without scaling it, to match another layout of the same samples."""
    alignment = procrustes(xy, onto)
    return np.ascontiguousarray((xy - alignment.centre) @ alignment.rotation + alignment.target, np.float32)


METHOD = Method(
    name="umap",
    title="UMAP",
    help="Keeps each sample near its 15 nearest neighbours. Clusters are real; distances between them, and their sizes, are not.",
    quick=False,
    fits=lambda size, dims: size > 1,
    project=project,
    stages=stages,
    max_samples=MAX_SAMPLES,
    caution="distances between clusters, and their sizes, mean nothing",
)
