"""Positions of all samples of a run on a map of some of them: made in chunks, read from a memory-mapped file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aeexplorer.analysis.cache import results_digest
from aeexplorer.analysis.maps.placing import placer
from aeexplorer.analysis.maps.projection import Projection, compute, place
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.analysis.maps.projections.base import DIMS
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import atomic_path, read_array
from aeexplorer.training.run import Run

CHUNK = 20_000


@dataclass(frozen=True)
class Laid:
    """A map, as the name of an job: ``umap-2``."""

    method: str
    dims: int

    @property
    def name(self) -> str:
        """As `laid` reads it."""
        return f"{self.method}-{self.dims}"


def laid(name: str) -> Laid:
    """What a name stands for; raises `UserError` where it is none."""
    method, _, dims = name.rpartition("-")
    found = {str(one): one for one in DIMS}.get(dims)
    if found is None:
        raise UserError(f"{name!r} names no map", "Ask for one like umap-2")
    return Laid(method_of(method).name, found)


def all_positions(run: Run, made: Projection) -> tuple[np.ndarray, np.ndarray] | None:
    """Ids int32 ``(n,)`` of all samples and where they lie on a map, float32 ``(n, dims)``, memory-mapped.

    None until the projection process has made them; `places_job` is what to ask it for. A map that shows all
    samples has them itself.
    """
    if len(made.ids) == run.dataset.n:
        return made.ids, made.xy
    found = found_places(run, Laid(made.method, made.dims).name)
    return None if found is None else (run.dataset.ids(), found)


def places_job(made: Projection) -> str:
    """The job that makes `all_positions` of a map."""
    return f"places {Laid(made.method, made.dims).name}"


def found_places(run: Run, name: str) -> np.ndarray | None:
    """The positions made for a map named as by `laid`, or None where there are none of the run's present results."""
    wanted = laid(name)
    try:
        found = read_array(_path(run, wanted, results_digest(run)))
    except (OSError, ValueError, EOFError):
        return None
    return found if found.shape == (run.dataset.n, wanted.dims) and found.dtype == np.float32 else None


def make_places(run: Run, name: str) -> None:
    """Place all samples on a map, which is made where it is not there; those that it shows stay where they are."""
    wanted, results = laid(name), results_digest(run)
    made = compute(run, wanted.method, wanted.dims)
    put = _put(run, made)
    target = _path(run, wanted, results)
    with atomic_path(target) as temporary:
        out = np.lib.format.open_memmap(temporary, "w+", np.float32, (run.dataset.n, wanted.dims))
        for first in range(0, len(out), CHUNK):
            out[first : first + CHUNK] = put(run.latents(np.arange(first, min(first + CHUNK, len(out)))))
        out[made.ids] = made.xy
        out.flush()
    for old in set(target.parent.glob(f"{wanted.method}-{wanted.dims}d-all-*.npy")) - {target}:
        old.unlink(missing_ok=True)


def _put(run: Run, made: Projection) -> Callable[[np.ndarray], np.ndarray]:
    if made.plane is not None:
        return lambda latents: place(made, run, latents)
    return placer(run.latents(made.ids), made.xy)


def _path(run: Run, wanted: Laid, results: str) -> Path:
    return run.folder / "projections" / f"{wanted.method}-{wanted.dims}d-all-{results}.npy"
