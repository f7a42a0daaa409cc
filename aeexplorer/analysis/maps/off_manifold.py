"""How far the places of a planar map lie from what the model knows: ‖E(D(z)) − z‖ over the plane."""

from dataclasses import dataclass

import numpy as np
import torch

from aeexplorer.analysis.cache import cache_arrays, cached_arrays, results_digest
from aeexplorer.analysis.inputs import feature_count
from aeexplorer.analysis.maps.distortion import Compared, compared, map_digest
from aeexplorer.analysis.maps.projection import Projection, compute, projection
from aeexplorer.training.run import Run

SIDE = 40
"""Places along each side of the plane."""
MARGIN = 0.15
"""How far the plane reaches beyond the samples, as a share of their extent."""
SEEN = 400
"""Samples by which the distances are judged, at most."""
QUICK = 1_024
"""Features of a sample up to which the plane is computed while a page waits."""
_BATCH = 256


@dataclass(frozen=True, eq=False)
class Plane:
    """Distances of a map's places from their own decoded and encoded selves.

    Parameters
    ----------
    bounds
        float32 ``(4,)``: lowest and highest x, lowest and highest y of the places.
    distances
        float32 ``(SIDE, SIDE)``, rows by y, ascending: ‖E(D(z)) − z‖ over the latents' spread, the root of their mean
        squared distance from their mean.
    usual
        The 95 % quantile of the same over real samples: what lies beyond is farther off than nearly all of them.
    """

    bounds: np.ndarray
    distances: np.ndarray
    usual: float


def off_manifold(run: Run, made: Projection) -> Plane:
    """The distances over the plane of a 2-D map whose places have latents, kept in the run's folder.

    Raises
    ------
    UserError
        If the map is no plane through the latent space.
    """
    found = kept_plane(run, made)
    if found is not None:
        return found
    results = results_digest(run)
    low, high = made.xy.min(0), made.xy.max(0)
    pad = np.maximum((high - low) * MARGIN, 1e-6)
    x, y = (np.linspace(*ends, SIDE, dtype=np.float32) for ends in zip(low - pad, high + pad, strict=True))
    places = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    latents = run.latents(made.ids)
    spread = max(float(np.sqrt(latents.var(0, dtype=np.float64).sum())), 1e-12)
    distances = (_moved(run, made.latents_at(places)) / spread).reshape(SIDE, SIDE)
    real = latents[np.linspace(0, len(latents) - 1, min(SEEN, len(latents))).astype(int)]
    usual = float(np.quantile(_moved(run, real) / spread, 0.95))
    found = Plane(np.array([x[0], x[-1], y[0], y[-1]]), distances, usual)
    arrays = {"map": map_digest(made), "bounds": found.bounds, "distances": distances, "usual": np.array([usual])}
    cache_arrays(run, _path(made), arrays, results)
    return found


def kept_plane(run: Run, made: Projection) -> Plane | None:
    """The distances over this very map, or None where they are not kept."""
    found = cached_arrays(run, _path(made))
    if found is None or not np.array_equal(found.get("map", ()), map_digest(made)):
        return None
    shapes = {name: array.shape for name, array in found.items()}
    if shapes != {"map": (32,), "bounds": (4,), "distances": (SIDE, SIDE), "usual": (1,)}:
        return None
    return Plane(found["bounds"], found["distances"], float(found["usual"][0]))


def off_manifold_job(run: Run, made: Projection) -> str:
    """What to ask the projection process for, see `aeexplorer.background.kinds`; empty where it may be computed at once."""
    if feature_count(run) <= QUICK or kept_plane(run, made) is not None:
        return ""
    return f"manifold {Compared(made.method, made.dims, 'latents').name}"


def found_plane(run: Run, name: str) -> Plane | None:
    """The kept distances of a map, named as in `aeexplorer.analysis.maps.distortion.compared`."""
    asked = compared(name)
    made = projection(run, asked.method, asked.dims)
    return None if made is None else kept_plane(run, made)


def make_plane(run: Run, name: str) -> Plane:
    """Compute and keep the distances of a map, named so."""
    asked = compared(name)
    return off_manifold(run, compute(run, asked.method, asked.dims))


def _moved(run: Run, latents: np.ndarray) -> np.ndarray:
    """How far latents ``(m, d)`` move when they are decoded and encoded: float32 ``(m,)``."""
    model = run.model
    with torch.inference_mode():
        parts = [(model.encode(model.decode(z)).latent - z).norm(dim=1) for z in torch.from_numpy(latents).split(_BATCH)]
    return torch.cat(parts).numpy()


def _path(made: Projection) -> str:
    return f"manifolds/{made.method}.safetensors"
