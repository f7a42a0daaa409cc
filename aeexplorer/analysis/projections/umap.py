"""UMAP: uniform manifold approximation and projection (McInnes, Healy & Melville 2018, arXiv:1802.03426)."""

import warnings

import numpy as np

from aeexplorer.analysis.neighbours import nearest
from aeexplorer.analysis.projections.base import Layout, Method

NEIGHBOURS = 15
MIN_DIST = 0.1


def project(latents: np.ndarray, dims: int, seed: int) -> Layout:
    """15 exact Euclidean neighbours (all others where there are fewer), min_dist 0.1, umap-learn's defaults otherwise.

    It starts from the spectrum of the neighbourhood graph; below 50 samples, from chance.
    """
    n = len(latents)
    if n < 4:
        return Layout(np.pad(latents[:, :dims], ((0, 0), (0, max(0, dims - latents.shape[1])))).astype(np.float32))
    k = min(NEIGHBOURS, n - 1)
    rows, distances = nearest(latents, latents, k)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that tensorflow is absent, a seed means one thread, no sample can be added later
        import umap

        xy = umap.UMAP(
            n_neighbors=k,
            min_dist=MIN_DIST,
            n_components=dims,
            init="spectral" if n >= 50 else "random",
            random_state=seed,
            n_jobs=1,
            precomputed_knn=(rows, distances),
        ).fit_transform(latents)
    return Layout(np.ascontiguousarray(xy, np.float32))


METHOD = Method(
    name="umap",
    title="UMAP",
    help="Keeps each sample near its 15 nearest neighbours. Clusters are real; distances between them, and their sizes, are not.",
    quick=False,
    fits=lambda size, dims: size > 1,
    project=project,
    caution="distances between clusters, and their sizes, mean nothing",
)
