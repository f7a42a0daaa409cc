"""Positions of all samples of a run on a map that shows only some of them.

They are computed in chunks by a background job and read from a memory-mapped file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aeexplorer.analysis.cache import results_digest
from aeexplorer.analysis.maps.placing import build_placer
from aeexplorer.analysis.maps.projection import Projection, compute_projection, place_latents
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.analysis.maps.projections.base import DIMS
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import atomic_path, read_array
from aeexplorer.training.run import Run

CHUNK_SIZE = 20_000
"""Samples that are placed at a time."""


@dataclass(frozen=True)
class MapName:
    """Method and dimensions of a map, written ``umap-2`` in the name of a background job."""

    method: str
    dims: int

    @property
    def name(self) -> str:
        """The name, as `parse_map_name` reads it."""
        return f"{self.method}-{self.dims}"


def parse_map_name(name: str) -> MapName:
    """Parse the name of a map, such as ``umap-2``.

    Raises
    ------
    UserError
        If the method is unknown or the dimensions are neither 2 nor 3.
    """
    method, _, suffix = name.rpartition("-")
    dims = {str(count): count for count in DIMS}.get(suffix)
    if dims is None:
        raise UserError(f"there is no map {name!r}", "Use a method and its dimensions, such as umap-2")
    return MapName(method_of(method).name, dims)


def all_positions(run: Run, projection: Projection) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the positions of all samples of a run on a map.

    Returns
    -------
    tuple of numpy.ndarray, or None
        Ids int32 ``(n,)`` and positions float32 ``(n, dims)``, memory-mapped. A map that shows all samples contains their
        positions already. None until the background job `all_positions_job` has computed them.
    """
    if len(projection.ids) == run.dataset.n:
        return projection.ids, projection.xy
    positions = cached_all_positions(run, MapName(projection.method, projection.dims).name)
    return None if positions is None else (run.dataset.ids(), positions)


def all_positions_job(projection: Projection) -> str:
    """Return the name of the background job that computes `all_positions` of a map."""
    return f"places {MapName(projection.method, projection.dims).name}"


def cached_all_positions(run: Run, name: str) -> np.ndarray | None:
    """Return the cached positions float32 ``(n, dims)`` for a map name, or None without any for the current results."""
    map_name = parse_map_name(name)
    try:
        positions = read_array(_path(run, map_name, results_digest(run)))
    except (OSError, ValueError, EOFError):
        return None
    return positions if positions.shape == (run.dataset.n, map_name.dims) and positions.dtype == np.float32 else None


def compute_all_positions(run: Run, name: str) -> None:
    """Compute and cache the positions of all samples on a map.

    The map is computed first if it does not exist. The samples that it shows keep their positions.
    """
    map_name, results = parse_map_name(name), results_digest(run)
    projection = compute_projection(run, map_name.method, map_name.dims)
    place = _placer(run, projection)
    target = _path(run, map_name, results)
    with atomic_path(target) as temporary:
        positions = np.lib.format.open_memmap(temporary, "w+", np.float32, (run.dataset.n, map_name.dims))
        for start in range(0, len(positions), CHUNK_SIZE):
            ids = np.arange(start, min(start + CHUNK_SIZE, len(positions)))
            positions[start : start + CHUNK_SIZE] = place(run.latents(ids))
        positions[projection.ids] = projection.xy
        positions.flush()
    # remove the positions of earlier results
    for path in set(target.parent.glob(f"{map_name.method}-{map_name.dims}d-all-*.npy")) - {target}:
        path.unlink(missing_ok=True)


def _placer(run: Run, projection: Projection) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that places latents ``(m, d)`` on a map; unlike `place_latents`, it builds its index only once."""
    if projection.plane is not None:
        return lambda latents: place_latents(projection, run, latents)
    return build_placer(run.latents(projection.ids), projection.xy)


def _path(run: Run, map_name: MapName, results: str) -> Path:
    return run.folder / "projections" / f"{map_name.method}-{map_name.dims}d-all-{results}.npy"
