"""t-SNE: t-distributed stochastic neighbour embedding (van der Maaten & Hinton 2008, JMLR 9:2579), from openTSNE."""

import numpy as np

from aeexplorer.analysis.maps.projections.base import Layout, Method
from aeexplorer.analysis.maps.projections.pca import project as project_pca

PERPLEXITY = 30.0
"""Effective number of neighbours of a sample."""
MAX_SAMPLES = 10_000
"""Default limit of the samples on a map: t-SNE takes about ten times as long as UMAP."""


def project(latents: np.ndarray, dims: int, seed: int) -> Layout:
    """Project latents ``(n, d)`` by t-SNE, started from PCA.

    The perplexity is 30, or a third of the samples if there are fewer than 91; all else is openTSNE's default. Gradients
    are computed by Barnes-Hut below 10,000 samples (van der Maaten 2013, arXiv:1301.3342) and by interpolation above
    (Linderman et al. 2017, arXiv:1712.09005).
    """
    METHOD.require_installed()
    import openTSNE

    n = len(latents)
    start = project_pca(latents, dims, seed).xy
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
    help="Keeps each sample near its neighbours. Neighbourhoods are real; distances between clusters, and their sizes, are not.",
    quick=False,
    fits=lambda size, dims: size > 1 and dims == 2,
    project=project,
    max_samples=MAX_SAMPLES,
    package="openTSNE",
    caution="distances between clusters, and their sizes, mean nothing",
)
