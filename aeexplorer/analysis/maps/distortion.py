"""Distortion of a map: for each sample, the false neighbours that the map adds and the true neighbours that it misses."""

import hashlib
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from aeexplorer.analysis.cache import cache_arrays, cached_arrays, results_digest
from aeexplorer.analysis.inputs import feature_count, input_points
from aeexplorer.analysis.maps.projection import Projection, cached_projection, compute_projection
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.analysis.maps.projections.base import DIMS
from aeexplorer.analysis.neighbours import NEIGHBOURS, nearest, rank_penalties
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

Space = Literal["latents", "inputs"]
"""Spaces that a map is compared with."""
MAX_SAMPLES = 10_000
"""Largest number of samples that are compared."""
MAX_QUICK_SAMPLES = 3_000
"""Up to this many samples are compared in the latent space while the page waits; more are left to a background job."""
MAX_VALUES = 1 << 28
"""Largest number of features of all samples that are compared in the space of inputs."""


@dataclass(frozen=True, eq=False)
class Distortion:
    """Distortion of the neighbourhood of each sample of a map.

    Parameters
    ----------
    false
        float32 ``(m,)``: how far the neighbours on the map lie beyond the true neighbourhood, as a normalised sum of
        ranks. 0 is no distortion, 1 the worst possible; a random map has 0.5 on average.
    missing
        float32 ``(m,)``: the same with the spaces exchanged, for true neighbours that are distant on the map.
    n_compared
        Number of samples that were compared with one another. Every other sample has the values of the compared sample
        nearest to it on the map.
    """

    false: np.ndarray
    missing: np.ndarray
    n_compared: int


@dataclass(frozen=True)
class MapAndSpace:
    """A map and the space that it is compared with, written ``umap-2-latents`` in the name of a background job."""

    method: str
    dims: int
    against: Space

    @property
    def name(self) -> str:
        """The name, as `parse_map_and_space` reads it."""
        return f"{self.method}-{self.dims}-{self.against}"


def parse_map_and_space(name: str) -> MapAndSpace:
    """Parse the name of a map and a space, such as ``umap-2-latents``.

    Raises
    ------
    UserError
        If the method, the dimensions or the space are unknown.
    """
    method, suffix, against = (["", "", *name.rsplit("-", 2)])[-3:]
    dims = {str(count): count for count in DIMS}.get(suffix)
    if dims is None or against not in get_args(Space):
        raise UserError(f"{name!r} is not a map and a space", "Use a method, its dimensions and a space, such as umap-2-latents")
    return MapAndSpace(method_of(method).name, dims, "latents" if against == "latents" else "inputs")


def compute_distortion(run: Run, projection: Projection, against: Space = "latents") -> Distortion:
    """Return the distortion of a map, from the cache in the run folder if possible.

    Parameters
    ----------
    run
        A run with results.
    projection
        A map of the run. If it has more than 10,000 samples, a stratified subsample is compared.
    against
        Compare the map with the latent space or with the encoder's inputs. Large inputs reduce the number of compared
        samples.
    """
    cached = cached_distortion(run, projection, against)
    if cached is not None:
        return cached
    results = results_digest(run)
    limit = MAX_SAMPLES if against == "latents" else min(MAX_SAMPLES, max(NEIGHBOURS**2, MAX_VALUES // feature_count(run)))
    ids = sample_ids(run.dataset, limit, projection.ids)
    rows = np.searchsorted(projection.ids, ids)
    points = run.latents(ids) if against == "latents" else input_points(run, ids)
    false, missing = rank_penalties(points, projection.xy[rows])
    if len(ids) < len(projection.ids):
        nearest_compared = nearest(projection.xy, projection.xy[rows], 1)[0][:, 0]
        false, missing = false[nearest_compared], missing[nearest_compared]
    arrays = {"map": map_digest(projection), "false": false, "missing": missing, "looked_at": np.array([len(ids)])}
    cache_arrays(run, _path(projection, against), arrays, results)
    return Distortion(false, missing, len(ids))


def cached_distortion(run: Run, projection: Projection, against: Space) -> Distortion | None:
    """Return the cached distortion of a map, or None without any for exactly this map."""
    arrays = cached_arrays(run, _path(projection, against))
    if arrays is None or not np.array_equal(arrays.get("map", ()), map_digest(projection)):
        return None
    shapes = {name: array.shape for name, array in arrays.items()}
    if shapes != {"map": (32,), "false": projection.ids.shape, "missing": projection.ids.shape, "looked_at": (1,)}:
        return None
    return Distortion(arrays["false"], arrays["missing"], int(arrays["looked_at"][0]))


def distortion_job(run: Run, projection: Projection, against: Space) -> str:
    """Return the background job that computes the distortion of a map; empty if a page can compute it at once.

    See `aeexplorer.background.kinds`.
    """
    is_quick = against == "latents" and len(projection.ids) <= MAX_QUICK_SAMPLES
    if is_quick or cached_distortion(run, projection, against) is not None:
        return ""
    return f"distortion {MapAndSpace(projection.method, projection.dims, against).name}"


def cached_distortion_named(run: Run, name: str) -> Distortion | None:
    """Return the cached distortion for a name such as ``umap-2-latents``, or None."""
    key = parse_map_and_space(name)
    projection = cached_projection(run, key.method, key.dims)
    return None if projection is None else cached_distortion(run, projection, key.against)


def compute_distortion_named(run: Run, name: str) -> Distortion:
    """Compute and cache the distortion for a name such as ``umap-2-latents``, and its map if needed."""
    key = parse_map_and_space(name)
    return compute_distortion(run, compute_projection(run, key.method, key.dims), key.against)


def map_digest(projection: Projection) -> np.ndarray:
    """Return the SHA-256 digest of a map's ids and positions: uint8 ``(32,)``."""
    digest = hashlib.sha256(projection.ids.tobytes())
    digest.update(np.ascontiguousarray(projection.xy).tobytes())
    return np.frombuffer(digest.digest(), np.uint8)


def _path(projection: Projection, against: Space) -> str:
    return f"distortions/{MapAndSpace(projection.method, projection.dims, against).name}.safetensors"
