"""Partial maps: maps that are still being computed.

The process that computes a map writes its newest partial map to the run folder, where pages read it, and deletes it in
the end.
"""

import contextlib

from aeexplorer.analysis.cache import cache_arrays, cached_arrays, cached_path, results_digest
from aeexplorer.analysis.maps.projection import SEED, Projection, compute_projection
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.core.disk import DiskFull
from aeexplorer.training.run import Run


def compute_with_partial_maps(run: Run, method: str, dims: int = 2) -> Projection:
    """Compute a map as `compute_projection` does, and write partial maps for `partial_map` meanwhile."""
    results = results_digest(run)

    def write_partial_map(projection: Projection) -> None:
        with contextlib.suppress(DiskFull):
            cache_arrays(run, _file_name(method, dims), {"ids": projection.ids, "xy": projection.xy}, results)

    try:
        return compute_projection(run, method, dims, on_stage=write_partial_map if method_of(method).stages else None)
    finally:
        cached_path(run, _file_name(method, dims)).unlink(missing_ok=True)


def partial_map(run: Run, method: str, dims: int = 2) -> tuple[Projection, int] | None:
    """Return the newest partial map of a map that is still being computed.

    Returns
    -------
    tuple of Projection and int, or None
        The map, without quality metrics, and a number that differs between partial maps (the file's modification time);
        None if there is no partial map.
    """
    try:
        version = cached_path(run, _file_name(method, dims)).stat().st_mtime_ns
    except OSError:
        return None
    arrays = cached_arrays(run, _file_name(method, dims))
    if arrays is None:
        return None
    ids, xy = arrays["ids"], arrays["xy"]
    return Projection(method, dims, ids, xy, None, run.dataset.n, None, SEED, 0.0), version


def _file_name(method: str, dims: int) -> str:
    return f"rough/{method_of(method).name}-{dims}d.safetensors"
