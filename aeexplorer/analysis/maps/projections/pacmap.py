"""PaCMAP: pairwise controlled manifold approximation (Wang, Huang, Rudin & Shaposhnik 2021, JMLR 22:201, arXiv:2012.04456)."""

import logging

import numpy as np

from aeexplorer.analysis.maps.projections.base import Layout, Method
from aeexplorer.analysis.maps.projections.pca import project as project_pca

NEIGHBOURS = 10
"""Nearest neighbours per sample."""
MIN_SAMPLES = 40
"""Smallest number of samples that PaCMAP can draw its pairs from; maps of fewer samples are computed by PCA."""


def project(latents: np.ndarray, dims: int, seed: int) -> Layout:
    """Project latents ``(n, d)`` by PaCMAP with its authors' defaults.

    Each sample has ten neighbours, five mid-near pairs and twenty further pairs. The start is PCA.
    """
    METHOD.require_installed()
    start = project_pca(latents, dims, seed)
    if len(latents) < MIN_SAMPLES or not start.xy.any():
        return Layout(start.xy)
    logging.getLogger("pacmap").setLevel(logging.ERROR)  # it warns about every seed
    import pacmap

    pacmap_model = pacmap.PaCMAP(n_components=dims, n_neighbors=NEIGHBOURS, random_state=seed)
    return Layout(np.ascontiguousarray(pacmap_model.fit_transform(latents, init="pca"), np.float32))


METHOD = Method(
    name="pacmap",
    title="PaCMAP",
    help="Keeps neighbours together; pairs of mid-near and distant samples preserve more global structure than UMAP does.",
    quick=False,
    fits=lambda size, dims: size > 1 and dims == 2,
    project=project,
    package="pacmap",
    caution="distances between clusters, and their sizes, mean little",
)
