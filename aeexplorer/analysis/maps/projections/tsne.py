"""t-SNE: t-distributed stochastic neighbour embedding (van der Maaten & Hinton 2008, JMLR 9:2579), by openTSNE."""

import numpy as np

from aeexplorer.analysis.maps.projections.base import Layout, Method
from aeexplorer.analysis.maps.projections.pca import project as principal

PERPLEXITY = 30.0
MAX_SAMPLES = 10_000
"""Samples on a map unless more are asked for: it takes some ten times as long as UMAP."""


def project(latents: np.ndarray, dims: int, seed: int) -> Layout:
    """Perplexity 30 (a third of the samples where they are few), started from PCA, openTSNE's defaults otherwise.

    Gradients by Barnes-Hut below 10,000 samples (arXiv:1301.3342), above by interpolation (arXiv:1712.09005).
    """
    METHOD.require_installed()
    import openTSNE

    n = len(latents)
    start = principal(latents, dims, seed).xy
    spread = start.std(0).max()
    if n < 4 or spread == 0:
        return Layout(start)
    tsne = openTSNE.TSNE(
        n_components=dims,
        perplexity=min(PERPLEXITY, (n - 1) / 3),
        initialization=np.ascontiguousarray(start / spread * 1e-4, np.float64),
        random_state=seed,
        n_jobs=1,
    )
    return Layout(np.ascontiguousarray(tsne.fit(latents), np.float32))


METHOD = Method(
    name="tsne",
    title="t-SNE",
    help="Keeps each sample near its neighbours. Neighbourhoods are real; distances between groups, and their sizes, are not.",
    quick=False,
    fits=lambda size, dims: size > 1 and dims == 2,
    project=project,
    most=MAX_SAMPLES,
    package="openTSNE",
    caution="distances between clusters, and their sizes, mean nothing",
)
