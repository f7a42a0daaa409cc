"""What the projection process makes of a run's results: maps, by method and dimensions, and other slow things by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aeexplorer.analysis.codes.code_map import code_positions, keep_code_positions
from aeexplorer.analysis.generation import prior_of
from aeexplorer.analysis.generation.drawing import fit_prior, fitted_prior
from aeexplorer.analysis.latents.geodesics import graph_named, make_roads, roads_of
from aeexplorer.analysis.maps.all_positions import found_places, laid, make_places
from aeexplorer.analysis.maps.distortion import compared, found_distortion, make_distortion
from aeexplorer.analysis.maps.off_manifold import found_plane, make_plane
from aeexplorer.analysis.maps.projection import projection
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.analysis.runs.quality import family_of
from aeexplorer.analysis.runs.quality.measuring import measure, measured
from aeexplorer.analysis.runs.snapshots import film_method, keep_positions, kept_positions
from aeexplorer.background.partial_maps import compute_with_partial_maps
from aeexplorer.training.run import Run


@dataclass(frozen=True)
class _Kind:
    named: Callable[[str], Any]
    """Refuses an unknown name with a `UserError`."""
    found: Callable[[Run, str], object | None]
    make: Callable[[Run, str], object]


_KINDS: Mapping[str, _Kind] = {
    "quality": _Kind(family_of, measured, measure),
    "prior": _Kind(prior_of, fitted_prior, fit_prior),
    "distortion": _Kind(compared, found_distortion, make_distortion),
    "geodesics": _Kind(graph_named, lambda run, name: roads_of(run), lambda run, name: make_roads(run)),
    "manifold": _Kind(compared, found_plane, make_plane),
    "places": _Kind(laid, found_places, make_places),
    "codes": _Kind(method_of, code_positions, keep_code_positions),
    "film": _Kind(film_method, kept_positions, keep_positions),
}


def parse_job(what: str) -> str:
    """The name of an job: a method of projection, ``quality FAMILY``, ``prior NAME``, ``film METHOD``, ``codes METHOD``.

    Raises `UserError` for any other.
    """
    kind, _, name = what.partition(" ")
    if kind in _KINDS:
        return f"{kind} {_KINDS[kind].named(name).name}"
    return method_of(what).name


def is_ready(run: Run, what: str, dims: int) -> bool:
    """Whether it lies in the run's folder; `dims` is 0 for anything but a map."""
    kind, _, name = what.partition(" ")
    found = _KINDS[kind].found(run, name) if kind in _KINDS else projection(run, what, dims)
    return found is not None


def make(run: Run, what: str, dims: int) -> None:
    """Make it and leave it in the run's folder; errors as `compute`, `measure` and `fit_prior`."""
    kind, _, name = what.partition(" ")
    if kind in _KINDS:
        _KINDS[kind].make(run, name)
    else:
        compute_with_partial_maps(run, what, dims)
