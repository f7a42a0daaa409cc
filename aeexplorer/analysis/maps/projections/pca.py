"""Principal components: the flat plane that keeps the most variance (Hotelling 1933)."""

import numpy as np
from scipy.linalg import eigh

from aeexplorer.analysis.maps.projections.base import Layout, Method

EXACT = 1_024
"""Latents up to this length are decomposed exactly, longer ones by randomised SVD (Halko et al. 2011, arXiv:0909.4061)."""


def project(latents: np.ndarray, dims: int, seed: int) -> Layout:
    """The first principal components; each component's largest entry is positive, so that the map never flips.

    Axes beyond the latents' own number of dimensions stay at zero.
    """
    mean = latents.mean(0)
    centred = latents - mean
    size = latents.shape[1]
    kept = min(dims, size)
    if size <= EXACT:
        _, vectors = eigh(centred.T @ centred, subset_by_index=(size - kept, size - 1))
        components = vectors.T[::-1]
    else:
        from sklearn.utils.extmath import randomized_svd

        components = randomized_svd(centred, kept, random_state=seed)[2]
    largest = np.take_along_axis(components, np.abs(components).argmax(1)[:, None], 1)
    plane = np.zeros((1 + dims, size), np.float32)
    plane[0] = mean
    plane[1 : 1 + len(components)] = components * np.where(largest < 0, -1, 1)
    return Layout((centred @ plane[1:].T).astype(np.float32), plane)


METHOD = Method(
    name="pca",
    title="PCA",
    help="The flat plane along which the latents spread most. Distances along it are true; what lies off it is lost.",
    quick=True,
    fits=lambda size, dims: True,
    project=project,
)
