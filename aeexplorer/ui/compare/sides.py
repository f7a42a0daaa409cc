"""The maps that are compared: one of each of several runs, or two of one run, each aligned to the first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from aeexplorer.analysis.maps.alignment import align_map
from aeexplorer.analysis.maps.overlap import Overlap, overlap_of_maps, overlap_of_runs
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.analysis.runs.comparison import quick_map
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.page_map import current_page_map
from aeexplorer.ui.session.page_states import CompareState, ExploreState
from aeexplorer.ui.session.workspace import version_of


@dataclass(frozen=True)
class Side:
    """A map on the page."""

    run: Run
    """Run of the map."""
    projection: Projection
    """Projection as it was computed."""
    aligned: Projection
    """Projection aligned to the first map."""
    disparity: float | None
    """Disparity of the alignment. None for the first map, and if the maps have too few samples in common."""
    version: tuple[object, ...]
    """Identity of the map in caches."""
    note: str = ""
    """Note for the user if another map is shown than the requested one."""
    awaited: str = ""
    """Method of a requested map that is still being computed."""

    @property
    def title(self) -> str:
        """Title of the map's method."""
        return method_of(self.projection.method).title


def sides_of(page_state: CompareState, runs: Sequence[Run]) -> list[Side]:
    """Return one map of each run; for a single run, the maps of the two methods that the page's state names."""
    if len(runs) > 1:
        return [_side((_run_version(runs[0]), _run_version(run)), runs[0], run) for run in runs]
    (run,) = runs
    methods = page_state.methods.split(",")
    first, second = (current_page_map(run, ExploreState(run=run.id, method=method)) for method in methods)
    sides = []
    for method, item in zip(methods, (first, second), strict=True):
        aligned, disparity = (item.projection, None) if item is first else align_map(item.projection, first.projection)
        awaited = method if item.is_pending else ""
        sides.append(Side(run, item.projection, aligned, disparity, (*first.version, *item.version), item.note, awaited))
    return sides


@st.cache_resource(max_entries=16, show_spinner="Comparing neighbours")
def overlap(version: tuple[object, ...], _first: Side, _second: Side) -> Overlap:
    """Compute the overlap of neighbours in the latent spaces of two runs, or on two maps of one run."""
    if _first.run.id == _second.run.id:
        return overlap_of_maps(_first.projection, _second.projection)
    return overlap_of_runs(
        _first.run, _second.run, np.intersect1d(_first.projection.ids, _second.projection.ids).astype(np.int32)
    )


def _run_version(run: Run) -> tuple[str, str]:
    return run.id, version_of(run.id)


@st.cache_resource(max_entries=64, show_spinner=False)
def _side(key: tuple[object, ...], _first: Run, _run: Run) -> Side:
    projection = quick_map(_run)
    if _run.id == _first.id:
        return Side(_run, projection, projection, None, (*key, projection.method))
    aligned, disparity = align_map(projection, quick_map(_first))
    return Side(_run, projection, aligned, disparity, (*key, projection.method))
