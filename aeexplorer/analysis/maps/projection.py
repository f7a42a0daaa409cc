"""Maps of a run's latents: made, kept in the run's folder, read back."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from aeexplorer.analysis.cache import results_digest
from aeexplorer.analysis.maps.placing import build_placer
from aeexplorer.analysis.maps.projections import method_of, methods
from aeexplorer.analysis.maps.projections.base import DIMS, Layout, Method
from aeexplorer.analysis.neighbours import continuity, trustworthiness
from aeexplorer.analysis.sampling import MAX_SAMPLES, sample_ids, sample_count_text
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import atomic_path
from aeexplorer.training.run import Run

SEED = 0
MAX_LATENT_VALUES = 1 << 25
"""Of all latents on a map at most, where they are more samples than `LIMIT`: 128 MB."""


@dataclass(frozen=True, eq=False)
class Projection:
    """Where samples lie on a map.

    Parameters
    ----------
    method, dims
        How it was made; 2 or 3 dimensions.
    ids, xy
        int32 ``(m,)`` sorted sample ids and float32 ``(m, dims)`` positions.
    plane
        As in `aeexplorer.analysis.maps.projections.base.Layout`; None where positions cannot be decoded.
    total
        Samples of the dataset.
    trustworthiness
        0 to 1, over at most 2,000 of the samples; None where they are fewer than four.
    seed, seconds
        Of the computation.
    continuity
        As `trustworthiness`, of the neighbours that the map tears apart.
    variance
        Share of the latents' variance that a plane through the latent space keeps; None where there is no plane.
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
        """``showing 2,000 of 60,000 · trustworthiness 0.97 · continuity 0.95``, and what not to read into the map."""
        said = [sample_count_text(len(self.ids), self.total)]
        known = {"trustworthiness": self.trustworthiness, "continuity": self.continuity}
        said += [f"{name} {value:.2f}" for name, value in known.items() if value is not None]
        if self.variance is not None and self.variance < 0.995:
            said.append(f"{self.variance:.0%} of the variance")
        return " · ".join([*said, *filter(None, [method_of(self.method).caution])])

    def only(self, ids: np.ndarray) -> "Projection":
        """The same map with only those of its samples that are among `ids`."""
        kept = np.isin(self.ids, ids)
        return replace(self, ids=self.ids[kept], xy=self.xy[kept])

    def latents_at(self, positions: np.ndarray) -> np.ndarray:
        """The latents float32 ``(m, d)`` of positions ``(m, dims)`` on the map.

        Raises
        ------
        UserError
            If the method lays no plane through the latent space.
        """
        if self.plane is None:
            raise UserError(f"positions of a {method_of(self.method).title} map have no latent", "Choose PCA or the latents")
        return (self.plane[0] + positions @ self.plane[1:]).astype(np.float32)


class _Info(BaseModel):
    """What stands beside the arrays of a stored map."""

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
    fitting = [m for m in methods().values() if m.is_installed and m.fits(size, dims)]
    return sorted(fitting, key=lambda m: (not m.quick, m.name != "latents", m.name != "umap", m.name))


def default_max_samples(run: Run, method: str) -> int:
    """Samples on a map unless more are asked for: what the method is good for, fewer where latents are long."""
    most = method_of(method).most
    if most <= MAX_SAMPLES or not run.finished:
        return most
    return min(most, max(MAX_SAMPLES, MAX_LATENT_VALUES // run.latents(np.zeros(1, np.int32)).shape[1]))


def cached_projection(run: Run, method: str, dims: int = 2, limit: int | None = None) -> Projection | None:
    """The map that lies in the run's folder, or None where there is none of the run's present results, or a damaged one.

    `limit` as in `compute`.
    """
    limit = limit or default_max_samples(run, method)
    path = _path(run, method, dims, limit)
    try:
        with safe_open(path, "numpy") as stored:
            info = _Info.model_validate_json((stored.metadata() or {}).get("info", ""))
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 (no mapping)
    except (OSError, SafetensorError, ValidationError):
        return None
    ids, xy, plane = (arrays.get(name) for name in ("ids", "xy", "plane"))
    if ids is None or xy is None or info.results != results_digest(run):
        return None
    if not np.array_equal(ids, sample_ids(run.dataset, limit)) or xy.shape != (len(ids), dims):
        return None
    if plane is not None and plane.shape != (1 + dims, run.latents(ids[:1]).shape[1]):
        return None
    measured = info.trustworthiness, info.seed, info.seconds, info.continuity, info.variance
    found = Projection(method, dims, ids, xy, plane, run.dataset.n, *measured)
    if info.continuity is None and info.trustworthiness is not None:  # stored before these were measured
        found = replace(found, **_measured(run.latents(ids), Layout(xy, plane)))
        _store(run, found, limit, info.results)
    return found


def compute_projection(
    run: Run, method: str, dims: int = 2, limit: int | None = None, watch: Callable[[Projection], None] | None = None
) -> Projection:
    """The map that lies in the run's folder, made now where there is none.

    Parameters
    ----------
    run
        With results.
    method
        Name of a method.
    dims
        2 or 3.
    limit
        Samples at most, chosen by `sample_ids`; where not given, as many as the method is good for.
    watch
        Gets what there is to show while a slow map is being made, better and better, none of it measured.

    Raises
    ------
    UserError
        For an unknown method, one that does not fit the latents, and a run without results.
    """
    chosen = method_of(method)
    limit = limit or default_max_samples(run, method)
    found = cached_projection(run, method, dims, limit)
    if found is not None:
        return found
    results = results_digest(run)
    started = time.perf_counter()
    ids = sample_ids(run.dataset, limit)
    latents = run.latents(ids)
    if dims not in DIMS:
        raise UserError(f"a map has 2 or 3 dimensions, not {dims}", "Choose one of them")
    if not chosen.fits(latents.shape[1], dims):
        fitting = ", ".join(m.name for m in available_methods(run, dims))
        raise UserError(f"{chosen.name} makes no {dims}-dimensional map of {latents.shape[1]} latents", f"Choose {fitting}")
    given = np.concatenate([_anchors(run, chosen), latents]) if chosen.anchors else latents
    for layout in chosen.stages(given, dims, SEED) if chosen.stages else [chosen.project(given, dims, SEED)]:
        xy, seconds = layout.xy[len(chosen.anchors) :], time.perf_counter() - started
        made = Projection(method, dims, ids, xy, layout.plane, run.dataset.n, None, SEED, seconds)
        if watch is not None:
            watch(made)
    made = replace(made, **_measured(latents, layout=Layout(made.xy, made.plane)))
    _store(run, made, limit, results)
    return made


def place_latents(made: Projection, run: Run, latents: np.ndarray) -> np.ndarray:
    """Where latents ``(m, d)`` lie on a map: float32 ``(m, dims)``.

    Exact on a plane through the latent space; on any other map among the nearest of its samples, see `placer`.
    """
    if made.plane is not None:
        centred = latents - made.plane[0]
        return (centred @ made.plane[1:].T).astype(np.float32)
    return build_placer(run.latents(made.ids), made.xy)(latents)


def _anchors(run: Run, method: Method) -> np.ndarray:
    if max(method.anchors) >= run.dataset.n:
        raise UserError(f"there is no sample {max(method.anchors)}", f"Choose among 0 to {run.dataset.n - 1}")
    return run.latents(np.array(method.anchors, np.int32))


def _measured(latents: np.ndarray, layout: Layout) -> dict[str, Any]:
    spread = float(latents.var(0, dtype=np.float64).sum())
    kept = float(layout.xy.var(0, dtype=np.float64).sum())
    return {
        "trustworthiness": trustworthiness(latents, layout.xy),
        "continuity": continuity(latents, layout.xy),
        "variance": kept / spread if layout.plane is not None and spread > 0 else None,
    }


def _path(run: Run, method: str, dims: int, limit: int) -> Path:
    """One file a map, written whole, so that a reader never sees half of one."""
    return run.folder / "projections" / f"{method_of(method).name}-{dims}d-{min(limit, run.dataset.n)}.safetensors"


def _store(run: Run, made: Projection, limit: int, results: str) -> None:
    info = _Info(
        trustworthiness=made.trustworthiness,
        seed=made.seed,
        seconds=round(made.seconds, 3),
        results=results,
        continuity=made.continuity,
        variance=made.variance,
    )
    found = {"ids": made.ids, "xy": made.xy, "plane": made.plane}
    arrays = {name: np.ascontiguousarray(array) for name, array in found.items() if array is not None}
    target = _path(run, made.method, made.dims, limit)
    target.parent.mkdir(exist_ok=True)
    with atomic_path(target) as temporary:
        save_file(arrays, temporary, {"info": info.model_dump_json()})
