"""UMAP (McInnes, Healy & Melville 2018, arXiv:1802.03426) in its authors' implementation, umap-learn."""

import warnings

import numpy as np

from aeexplorer.analysis.maps.projections.base import Layout, Method
from aeexplorer.analysis.maps.projections.pca import project as project_pca
from aeexplorer.analysis.neighbours import nearest_others

NEIGHBOURS = 15
"""Number of neighbours; the sample itself counts as one of them."""
MIN_DIST = 0.1
"""Smallest distance of neighbours on the map."""
EPOCHS = 50
"""Steps of the optimisation. umap-learn's default is 200 to 500, but 50 are enough from a start by PCA."""
_INITIAL_EXTENT = 10.0
"""Largest coordinate of the initial layout, as in umap-learn."""


def project(latents: np.ndarray, dims: int, seed: int) -> Layout:
    """Project latents ``(n, d)`` by umap-learn.

    It uses 15 neighbours (all other samples if there are fewer), which are searched beforehand, min_dist 0.1, 50 epochs,
    and a start from PCA.
    """
    n = len(latents)
    start = project_pca(latents, dims, seed).xy
    if n < 4 or not start.any():
        return Layout(start)
    k = min(NEIGHBOURS, n - 1)
    rows, distances = nearest_others(latents, k - 1)
    rows = np.column_stack([np.arange(n), rows])  # umap-learn expects the sample itself as first neighbour
    distances = np.pad(distances, ((0, 0), (1, 0)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TensorFlow is missing; a seed implies one thread; no sample can be added later
        import umap

        xy = umap.UMAP(
            n_neighbors=k,
            min_dist=MIN_DIST,
            n_components=dims,
            init=start * (_INITIAL_EXTENT / np.abs(start).max()),
            n_epochs=EPOCHS,
            random_state=seed,
            n_jobs=1,
            precomputed_knn=(rows, distances),
        ).fit_transform(latents)
    return Layout(np.ascontiguousarray(xy, np.float32))


METHOD = Method(
    name="umap_learn",
    title="umap-learn",
    help="UMAP by its authors. The first such map after the start of the app takes a minute, because umap-learn compiles code.",
    quick=False,
    fits=lambda size, dims: size > 1,
    project=project,
    caution="distances between clusters, and their sizes, mean nothing",
)
