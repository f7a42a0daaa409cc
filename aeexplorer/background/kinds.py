"""The kinds of background jobs, and how to run them.

The name of a job is either the name of a projection method (such as ``umap``; it computes a map), or a kind and a name
(such as ``quality texts`` or ``prior mixture``). A job leaves its result in the run folder.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aeexplorer.analysis.codes.code_map import cache_code_positions, code_positions
from aeexplorer.analysis.generation import prior_of
from aeexplorer.analysis.generation.drawing import cached_prior, fit_prior
from aeexplorer.analysis.latents.geodesics import cached_graph, compute_graph, parse_graph_name
from aeexplorer.analysis.maps.all_positions import cached_all_positions, compute_all_positions, parse_map_name
from aeexplorer.analysis.maps.distortion import cached_distortion_named, compute_distortion_named, parse_map_and_space
from aeexplorer.analysis.maps.off_manifold import cached_distances_named, compute_distances_named
from aeexplorer.analysis.maps.projection import cached_projection
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.analysis.runs.quality import family_of
from aeexplorer.analysis.runs.quality.measuring import cached_measurement, measure
from aeexplorer.analysis.runs.snapshots import cache_positions, cached_positions, film_method
from aeexplorer.background.partial_maps import compute_with_partial_maps
from aeexplorer.core.disk import DiskFull, naming_full_disk
from aeexplorer.training.run import Run


@dataclass(frozen=True)
class _JobKind:
    """A kind of background job.

    Parameters
    ----------
    parse_name
        Parse the name that follows the kind, to an object with the attribute ``name``; raise `UserError` if it is unknown.
    cached_result
        Return the result in the run folder, or None.
    compute
        Compute the result and write it to the run folder.
    """

    parse_name: Callable[[str], Any]
    cached_result: Callable[[Run, str], object | None]
    compute: Callable[[Run, str], object]


_KINDS: Mapping[str, _JobKind] = {
    "quality": _JobKind(family_of, cached_measurement, measure),
    "prior": _JobKind(prior_of, cached_prior, fit_prior),
    "distortion": _JobKind(parse_map_and_space, cached_distortion_named, compute_distortion_named),
    "geodesics": _JobKind(parse_graph_name, lambda run, name: cached_graph(run), lambda run, name: compute_graph(run)),
    "manifold": _JobKind(parse_map_and_space, cached_distances_named, compute_distances_named),
    "places": _JobKind(parse_map_name, cached_all_positions, compute_all_positions),
    "codes": _JobKind(method_of, code_positions, cache_code_positions),
    "film": _JobKind(film_method, cached_positions, cache_positions),
}


def parse_job(job: str) -> str:
    """Return the canonical name of a job.

    Raises
    ------
    UserError
        If there is no such job.
    """
    kind, _, name = job.partition(" ")
    if kind in _KINDS:
        return f"{kind} {_KINDS[kind].parse_name(name).name}"
    return method_of(job).name


def is_done(run: Run, job: str, dims: int) -> bool:
    """Return whether the result of a job is in the run folder; `dims` matters for maps only."""
    kind, _, name = job.partition(" ")
    result = _KINDS[kind].cached_result(run, name) if kind in _KINDS else cached_projection(run, job, dims)
    return result is not None


def run_job(run: Run, job: str, dims: int) -> None:
    """Run a job and leave its result in the run folder.

    Raises the same errors as the function that computes the result, such as `compute_projection` or `measure`; `DiskFull` if
    the result could not be written.
    """
    kind, _, name = job.partition(" ")
    with naming_full_disk():
        if kind in _KINDS:
            _KINDS[kind].compute(run, name)
        else:
            compute_with_partial_maps(run, job, dims)
    if not is_done(run, job, dims):
        raise DiskFull()
