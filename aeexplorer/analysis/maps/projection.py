"""Projections of a run's latents to maps, with a cache in the run folder."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from aeexplorer.analysis.cache import cached_path, results_digest, write_cached
from aeexplorer.analysis.maps.placing import build_placer
from aeexplorer.analysis.maps.projections import method_of, methods
from aeexplorer.analysis.maps.projections.base import DIMS, Layout, Method
from aeexplorer.analysis.neighbours import continuity, trustworthiness
from aeexplorer.analysis.sampling import MAX_SAMPLES, sample_count_text, sample_ids
from aeexplorer.core.disk import DiskFull
from aeexplorer.core.errors import UserError
from aeexplorer.core.logs import package_logger
from aeexplorer.training.run import Run

_log = package_logger(__name__)

SEED = 0
"""Seed of all maps."""
MAX_LATENT_VALUES = 1 << 25
"""Largest number of latent values (128 MB) that a map of more than `MAX_SAMPLES` samples is computed from."""


@dataclass(frozen=True, eq=False)
class Projection:
    """A map of samples.

    Parameters
    ----------
    method, dims
        Name of the projection method, and 2 or 3 dimensions.
    ids, xy
        Sample ids int32 ``(m,)``, ascending, and their positions float32 ``(m, dims)``.
    plane
        See `aeexplorer.analysis.maps.projections.base.Layout`; None if positions have no latent and cannot be decoded.
    total
        Number of samples of the dataset.
    trustworthiness
        0 to 1, computed over at most 2,000 samples; None for fewer than four samples and for partial maps.
    seed, seconds
        Seed and duration of the computation.
    continuity
        As `trustworthiness`, for true neighbours that are distant on the map.
    variance
        Share of the latents' variance along the plane; None without a plane.
    """

    method: str
    dims: int
    ids: np.ndarray
    xy: np.ndarray
    plane: np.ndarray | None
    total: int
    trustworthiness: float | None
    seed: int
    seconds: float
    continuity: float | None = None
    variance: float | None = None

    @property
    def caption(self) -> str:
        """Number of samples, quality and caution: ``9 of 60 · against the latents: trustworthiness 0.97, continuity 0.95``."""
        parts = [sample_count_text(len(self.ids), self.total)]
        metrics = {"trustworthiness": self.trustworthiness, "continuity": self.continuity}
        measured = [f"{name} {value:.2f}" for name, value in metrics.items() if value is not None]
        if measured:
            parts.append(f"against the latents: {', '.join(measured)}")
        if self.variance is not None and self.variance < 0.995:
            parts.append(f"{self.variance:.0%} of the variance")
        return " · ".join([*parts, *filter(None, [method_of(self.method).caution])])

    def subset(self, ids: np.ndarray) -> "Projection":
        """Return the same map with only those of its samples that are in `ids`."""
        is_in = np.isin(self.ids, ids)
        return replace(self, ids=self.ids[is_in], xy=self.xy[is_in])

    def latents_at(self, positions: np.ndarray) -> np.ndarray:
        """Return the latents float32 ``(m, d)`` of positions ``(m, dims)`` on the map.

        Raises
        ------
        UserError
            If the map is not a plane through the latent space.
        """
        if self.plane is None:
            raise UserError(f"positions of a {method_of(self.method).title} map have no latent", "Choose PCA or Latents")
        return (self.plane[0] + positions @ self.plane[1:]).astype(np.float32)


class _Info(BaseModel):
    """Metadata stored with the arrays of a map."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    trustworthiness: float | None
    seed: int
    seconds: float
    results: str
    continuity: float | None = None
    variance: float | None = None


def available_methods(run: Run, dims: int) -> list[Method]:
    """List the installed methods for a map of the run's latents: the latents themselves, PCA, UMAP, then the others by name."""
    size = run.latents(np.zeros(1, np.int32)).shape[1]
    available = [m for m in methods().values() if m.is_installed and m.fits(size, dims)]
    return sorted(available, key=lambda m: (not m.quick, m.name != "latents", m.name != "umap", m.name))


def default_max_samples(run: Run, method: str) -> int:
    """Return the default limit of the samples on a map: that of the method, or less for large latents."""
    limit = method_of(method).max_samples
    if limit <= MAX_SAMPLES or not run.finished:
        return limit
    return min(limit, max(MAX_SAMPLES, MAX_LATENT_VALUES // run.latents(np.zeros(1, np.int32)).shape[1]))


def cached_projection(run: Run, method: str, dims: int = 2, limit: int | None = None) -> Projection | None:
    """Return the cached map, or None if none is readable and belongs to the run's current results.

    The parameters are those of `compute_projection`.
    """
    limit = limit or default_max_samples(run, method)
    path = cached_path(run, _file_name(run, method, dims, limit))
    try:
        with safe_open(path, "numpy") as file:
            info = _Info.model_validate_json((file.metadata() or {}).get("info", ""))
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (OSError, SafetensorError, ValidationError):
        return None
    ids, xy, plane = (arrays.get(name) for name in ("ids", "xy", "plane"))
    if ids is None or xy is None or info.results != results_digest(run):
        return None
    if not np.array_equal(ids, sample_ids(run.dataset, limit)) or xy.shape != (len(ids), dims):
        return None
    if plane is not None and plane.shape != (1 + dims, run.latents(ids[:1]).shape[1]):
        return None
    metrics = info.trustworthiness, info.seed, info.seconds, info.continuity, info.variance
    projection = Projection(method, dims, ids, xy, plane, run.dataset.n, *metrics)
    if info.continuity is None and info.trustworthiness is not None:  # from a version that did not measure continuity
        projection = replace(projection, **_measure(run.latents(ids), Layout(xy, plane)))
        _write(run, projection, limit, info.results)
    return projection


def compute_projection(
    run: Run, method: str, dims: int = 2, limit: int | None = None, on_stage: Callable[[Projection], None] | None = None
) -> Projection:
    """Return a map of a run's latents, from the cache in the run folder if possible.

    A map that cannot be cached because the disk is full is returned all the same.

    Parameters
    ----------
    run
        A run with results.
    method
        Name of a projection method.
    dims
        2 or 3.
    limit
        Largest number of samples, which `sample_ids` draws; by default `default_max_samples`.
    on_stage
        Called with each partial map while a slow method runs. Partial maps have no quality metrics.

    Raises
    ------
    UserError
        If the method is unknown or does not fit the latents, or the run has no results.
    """
    projection_method = method_of(method)
    limit = limit or default_max_samples(run, method)
    projection = cached_projection(run, method, dims, limit)
    if projection is not None:
        return projection
    results = results_digest(run)
    started = time.perf_counter()
    ids = sample_ids(run.dataset, limit)
    latents = run.latents(ids)
    if dims not in DIMS:
        raise UserError(f"a map has 2 or 3 dimensions, not {dims}", "Choose one of them")
    if not projection_method.fits(latents.shape[1], dims):
        names = ", ".join(m.name for m in available_methods(run, dims))
        reason = f"{projection_method.name} makes no {dims}-dimensional map of {latents.shape[1]} latents"
        raise UserError(reason, f"Choose {names}")
    # the latents of the anchors come first
    anchors = projection_method.anchors
    points = np.concatenate([_anchor_latents(run, anchors), latents]) if anchors else latents
    stages = projection_method.stages
    for layout in stages(points, dims, SEED) if stages else [projection_method.project(points, dims, SEED)]:
        xy, seconds = layout.xy[len(anchors) :], time.perf_counter() - started
        projection = Projection(method, dims, ids, xy, layout.plane, run.dataset.n, None, SEED, seconds)
        if on_stage is not None:
            on_stage(projection)
    assert projection is not None
    projection = replace(projection, **_measure(latents, Layout(projection.xy, projection.plane)))
    _write(run, projection, limit, results)
    return projection


def place_latents(projection: Projection, run: Run, latents: np.ndarray) -> np.ndarray:
    """Place latents on a map.

    On a plane through the latent space the positions are exact. On any other map the latents are placed among their
    nearest samples, see `build_placer`.

    Parameters
    ----------
    projection, run
        A map and its run.
    latents
        ``(m, d)``.

    Returns
    -------
    numpy.ndarray
        float32 ``(m, dims)``.
    """
    if projection.plane is not None:
        centred = latents - projection.plane[0]
        return (centred @ projection.plane[1:].T).astype(np.float32)
    return build_placer(run.latents(projection.ids), projection.xy)(latents)


def _anchor_latents(run: Run, anchors: tuple[int, ...]) -> np.ndarray:
    if max(anchors) >= run.dataset.n:
        raise UserError(f"there is no sample {max(anchors)}", f"Choose a sample from 0 to {run.dataset.n - 1}")
    return run.latents(np.array(anchors, np.int32))


def _measure(latents: np.ndarray, layout: Layout) -> dict[str, Any]:
    """Compute the quality metrics of a layout: fields of `Projection`."""
    latent_variance = float(latents.var(0, dtype=np.float64).sum())
    map_variance = float(layout.xy.var(0, dtype=np.float64).sum())
    return {
        "trustworthiness": trustworthiness(latents, layout.xy),
        "continuity": continuity(latents, layout.xy),
        "variance": map_variance / latent_variance if layout.plane is not None and latent_variance > 0 else None,
    }


def _file_name(run: Run, method: str, dims: int, limit: int) -> str:
    """Return the name of a map's file in the run folder. It is written atomically, so that readers never see a part of it."""
    return f"projections/{method_of(method).name}-{dims}d-{min(limit, run.dataset.n)}.safetensors"


def _write(run: Run, projection: Projection, limit: int, results: str) -> None:
    info = _Info(
        trustworthiness=projection.trustworthiness,
        seed=projection.seed,
        seconds=round(projection.seconds, 3),
        results=results,
        continuity=projection.continuity,
        variance=projection.variance,
    )
    arrays = {"ids": projection.ids, "xy": projection.xy, "plane": projection.plane}
    present = {name: np.ascontiguousarray(array) for name, array in arrays.items() if array is not None}
    name, metadata = _file_name(run, projection.method, projection.dims, limit), {"info": info.model_dump_json()}
    try:
        write_cached(run, name, lambda path: save_file(present, path, metadata))
    except DiskFull as error:
        _log.warning("the map %s of %s is not cached: %s", projection.method, run.id, error.reason)
