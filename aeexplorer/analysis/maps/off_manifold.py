"""Distance of the positions of a planar map from the manifold that the model has learned: ‖E(D(z)) − z‖ over the plane."""

from dataclasses import dataclass

import numpy as np
import torch

from aeexplorer.analysis.cache import cache_arrays, cached_arrays, results_digest
from aeexplorer.analysis.inputs import feature_count
from aeexplorer.analysis.maps.distortion import MapAndSpace, map_digest, parse_map_and_space
from aeexplorer.analysis.maps.projection import Projection, cached_projection, compute_projection
from aeexplorer.training.run import Run

GRID_SIDE = 40
"""Grid positions along each side of the plane."""
GRID_MARGIN = 0.15
"""Distance that the grid reaches beyond the samples, as a share of their extent."""
MAX_REFERENCE_SAMPLES = 400
"""Largest number of samples that the threshold is computed from."""
MAX_QUICK_FEATURES = 1_024
"""Up to this many features per sample, the grid is computed while the page waits; else it is left to a background job."""
_BATCH_SIZE = 256


@dataclass(frozen=True, eq=False)
class DistanceGrid:
    """Distances ‖E(D(z)) − z‖ on a grid over a map.

    Parameters
    ----------
    bounds
        float32 ``(4,)``: lowest and highest x, lowest and highest y of the grid positions.
    distances
        float32 ``(GRID_SIDE, GRID_SIDE)``, rows by ascending y: ‖E(D(z)) − z‖ divided by the spread of the latents, the
        root of their mean squared distance from their mean.
    threshold
        95 % quantile of the same distance over samples: a position beyond it lies farther off than nearly all samples.
    """

    bounds: np.ndarray
    distances: np.ndarray
    threshold: float


def off_manifold_distances(run: Run, projection: Projection) -> DistanceGrid:
    """Return the distances over a 2-D map that is a plane through the latent space, from the cache if possible.

    Raises
    ------
    UserError
        If the map is not a plane through the latent space.
    """
    grid = cached_distances(run, projection)
    if grid is not None:
        return grid
    results = results_digest(run)
    # grid positions (GRID_SIDE², 2)
    low, high = projection.xy.min(0), projection.xy.max(0)
    pad = np.maximum((high - low) * GRID_MARGIN, 1e-6)
    x, y = (np.linspace(*ends, GRID_SIDE, dtype=np.float32) for ends in zip(low - pad, high + pad, strict=True))
    positions = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    # distances of the grid positions, and of samples for the threshold
    latents = run.latents(projection.ids)
    spread = max(float(np.sqrt(latents.var(0, dtype=np.float64).sum())), 1e-12)
    distances = (_cycle_distances(run, projection.latents_at(positions)) / spread).reshape(GRID_SIDE, GRID_SIDE)
    reference = latents[np.linspace(0, len(latents) - 1, min(MAX_REFERENCE_SAMPLES, len(latents))).astype(int)]
    threshold = float(np.quantile(_cycle_distances(run, reference) / spread, 0.95))
    grid = DistanceGrid(np.array([x[0], x[-1], y[0], y[-1]]), distances, threshold)
    arrays = {"map": map_digest(projection), "bounds": grid.bounds, "distances": distances, "usual": np.array([threshold])}
    cache_arrays(run, _path(projection), arrays, results)
    return grid


def cached_distances(run: Run, projection: Projection) -> DistanceGrid | None:
    """Return the cached distances over a map, or None without any for exactly this map."""
    arrays = cached_arrays(run, _path(projection))
    if arrays is None or not np.array_equal(arrays.get("map", ()), map_digest(projection)):
        return None
    shapes = {name: array.shape for name, array in arrays.items()}
    if shapes != {"map": (32,), "bounds": (4,), "distances": (GRID_SIDE, GRID_SIDE), "usual": (1,)}:
        return None
    return DistanceGrid(arrays["bounds"], arrays["distances"], float(arrays["usual"][0]))


def off_manifold_job(run: Run, projection: Projection) -> str:
    """Return the background job that computes the distances over a map; empty if a page can compute them at once.

    See `aeexplorer.background.kinds`.
    """
    if feature_count(run) <= MAX_QUICK_FEATURES or cached_distances(run, projection) is not None:
        return ""
    return f"manifold {MapAndSpace(projection.method, projection.dims, 'latents').name}"


def cached_distances_named(run: Run, name: str) -> DistanceGrid | None:
    """Return the cached distances over a map for a name such as ``pca-2-latents``, or None."""
    key = parse_map_and_space(name)
    projection = cached_projection(run, key.method, key.dims)
    return None if projection is None else cached_distances(run, projection)


def compute_distances_named(run: Run, name: str) -> DistanceGrid:
    """Compute and cache the distances over a map for a name such as ``pca-2-latents``, and the map if needed."""
    key = parse_map_and_space(name)
    return off_manifold_distances(run, compute_projection(run, key.method, key.dims))


def _cycle_distances(run: Run, latents: np.ndarray) -> np.ndarray:
    """Compute ‖E(D(z)) − z‖ of latents ``(m, d)``: float32 ``(m,)``."""
    model = run.model
    with torch.inference_mode():
        batches = torch.from_numpy(latents).split(_BATCH_SIZE)
        distances = [(model.encode(model.decode(z)).latent - z).norm(dim=1) for z in batches]
    return torch.cat(distances).numpy()


def _path(projection: Projection) -> str:
    return f"manifolds/{projection.method}.safetensors"
