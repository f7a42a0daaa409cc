"""The latents themselves, if they have as many dimensions as the map."""

import numpy as np

from aeexplorer.analysis.maps.projections.base import Layout, Method


def project(latents: np.ndarray, dims: int, seed: int) -> Layout:
    """Return the latents ``(n, dims)`` unchanged: the map is the latent space."""
    return Layout(latents.astype(np.float32), np.vstack([np.zeros(dims), np.eye(dims)]).astype(np.float32))


METHOD = Method(
    name="latents",
    title="Latents",
    help="The latent space itself, without projection and distortion. Every position can be decoded.",
    quick=True,
    fits=lambda size, dims: size == dims,
    project=project,
)
