"""What a map looks like while it is being made: handed over through the run's folder, newest only, gone when it is done."""

from pathlib import Path

from aeexplorer.analysis.cache import cache_arrays, cached_arrays, results_digest
from aeexplorer.analysis.maps.projection import SEED, Projection, compute
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.training.run import Run


def compute_with_partial_maps(run: Run, method: str, dims: int = 2) -> Projection:
    """As `compute`, and as long as it takes, `partial_map` has the best there is."""
    results = results_digest(run)

    def show(made: Projection) -> None:
        cache_arrays(run, _name(method, dims), {"ids": made.ids, "xy": made.xy}, results)

    try:
        return compute(run, method, dims, watch=show if method_of(method).stages else None)
    finally:
        _path(run, method, dims).unlink(missing_ok=True)


def partial_map(run: Run, method: str, dims: int = 2) -> tuple[Projection, int] | None:
    """The newest layout of a map that is being made, not measured, and a number that tells it from those before it."""
    try:
        changed = _path(run, method, dims).stat().st_mtime_ns
    except OSError:
        return None
    found = cached_arrays(run, _name(method, dims))
    if found is None:
        return None
    ids, xy = found["ids"], found["xy"]
    return Projection(method, dims, ids, xy, None, run.dataset.n, None, SEED, 0.0), changed


def _name(method: str, dims: int) -> str:
    return f"rough/{method_of(method).name}-{dims}d.safetensors"


def _path(run: Run, method: str, dims: int) -> Path:
    return run.folder / _name(method, dims)
