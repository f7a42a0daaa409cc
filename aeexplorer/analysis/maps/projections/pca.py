"""Principal component analysis: the plane with the largest variance (Hotelling 1933)."""

import numpy as np
from scipy.linalg import eigh

from aeexplorer.analysis.maps.projections.base import Layout, Method

MAX_EXACT_SIZE = 1_024
"""Up to this many latent dimensions, PCA is exact; above, it uses a randomised SVD (Halko et al. 2011, arXiv:0909.4061)."""


def project(latents: np.ndarray, dims: int, seed: int) -> Layout:
    """Project latents ``(n, d)`` onto their first principal components.

    The largest entry of each component is made positive, so that equal latents never give mirrored maps. If d is smaller
    than `dims`, the remaining axes are zero.
    """
    mean = latents.mean(0)
    centred = latents - mean
    size = latents.shape[1]
    n_components = min(dims, size)
    if size <= MAX_EXACT_SIZE:
        # eigenvectors of the scatter matrix, by ascending eigenvalue
        _, vectors = eigh(centred.T @ centred, subset_by_index=(size - n_components, size - 1))
        components = vectors.T[::-1]
    else:
        from sklearn.utils.extmath import randomized_svd

        components = randomized_svd(centred, n_components, random_state=seed)[2]
    largest = np.take_along_axis(components, np.abs(components).argmax(1)[:, None], 1)
    plane = np.zeros((1 + dims, size), np.float32)
    plane[0] = mean
    plane[1 : 1 + len(components)] = components * np.where(largest < 0, -1, 1)
    return Layout((centred @ plane[1:].T).astype(np.float32), plane)


METHOD = Method(
    name="pca",
    title="PCA",
    help="The plane along which the latents vary most. Distances along it are exact; differences at right angles to it are lost.",
    quick=True,
    fits=lambda size, dims: True,
    project=project,
)
