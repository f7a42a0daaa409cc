"""UMAP (McInnes, Healy & Melville 2018, arXiv:1802.03426) by its authors' implementation, umap-learn."""

import warnings

import numpy as np

from aeexplorer.analysis.maps.projections.base import Layout, Method
from aeexplorer.analysis.maps.projections.pca import project as principal
from aeexplorer.analysis.neighbours import nearest_others

NEIGHBOURS = 15
MIN_DIST = 0.1
EPOCHS = 50
"""umap-learn's own default is 200 to 500; from PCA, 50 come as far."""

_START = 10.0
"""Largest coordinate of the start, as umap-learn's own."""


def project(latents: np.ndarray, dims: int, seed: int) -> Layout:
    """15 neighbours (all others where there are fewer), found beforehand, min_dist 0.1, 50 epochs, started from PCA."""
    n = len(latents)
    start = principal(latents, dims, seed).xy
    if n < 4 or not start.any():
        return Layout(start)
    k = min(NEIGHBOURS, n - 1)
    rows, distances = nearest_others(latents, k - 1)
    rows = np.column_stack([np.arange(n), rows])  # umap-learn counts the sample itself
    distances = np.pad(distances, ((0, 0), (1, 0)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that tensorflow is absent, a seed means one thread, no sample can be added later
        import umap

        xy = umap.UMAP(
            n_neighbors=k,
            min_dist=MIN_DIST,
            n_components=dims,
            init=start * (_START / np.abs(start).max()),
            n_epochs=EPOCHS,
            random_state=seed,
            n_jobs=1,
            precomputed_knn=(rows, distances),
        ).fit_transform(latents)
    return Layout(np.ascontiguousarray(xy, np.float32))


METHOD = Method(
    name="umap_learn",
    title="umap-learn",
    help="UMAP as its authors wrote it. The first such map after the start of the app takes a minute: its loops are compiled.",
    quick=False,
    fits=lambda size, dims: size > 1,
    project=project,
    caution="distances between clusters, and their sizes, mean nothing",
)
