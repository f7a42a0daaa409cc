"""PaCMAP: pairwise controlled manifold approximation (Wang, Huang, Rudin & Shaposhnik 2021, JMLR 22:201, arXiv:2012.04456)."""

import logging

import numpy as np

from aeexplorer.analysis.maps.projections.base import Layout, Method
from aeexplorer.analysis.maps.projections.pca import project as principal

NEIGHBOURS = 10
MIN_SAMPLES = 40
"""Samples below which its pairs cannot be drawn as published; the map is PCA then."""


def project(latents: np.ndarray, dims: int, seed: int) -> Layout:
    """Ten neighbours, five mid-near and twenty further pairs a sample, started from PCA: its authors' defaults."""
    METHOD.require_installed()
    start = principal(latents, dims, seed)
    if len(latents) < MIN_SAMPLES or not start.xy.any():
        return Layout(start.xy)
    logging.getLogger("pacmap").setLevel(logging.ERROR)  # it warns of every seed
    import pacmap

    made = pacmap.PaCMAP(n_components=dims, n_neighbors=NEIGHBOURS, random_state=seed)
    return Layout(np.ascontiguousarray(made.fit_transform(latents, init="pca"), np.float32))


METHOD = Method(
    name="pacmap",
    title="PaCMAP",
    help="Keeps near samples near and, by pairs of samples half near and far apart, more of the large shape than UMAP does.",
    quick=False,
    fits=lambda size, dims: size > 1 and dims == 2,
    project=project,
    package="pacmap",
    caution="distances between clusters, and their sizes, mean little",
)
