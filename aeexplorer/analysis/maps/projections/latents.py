"""The latents themselves, where there are as many as the map has dimensions."""

import numpy as np

from aeexplorer.analysis.maps.projections.base import Layout, Method


def project(latents: np.ndarray, dims: int, seed: int) -> Layout:
    """Nothing is projected: the map is the latent space."""
    return Layout(latents.astype(np.float32), np.vstack([np.zeros(dims), np.eye(dims)]).astype(np.float32))


METHOD = Method(
    name="latents",
    title="Latents",
    help="The latent space itself: nothing is projected, nothing distorted, and every position can be decoded.",
    quick=True,
    fits=lambda size, dims: size == dims,
    project=project,
)
