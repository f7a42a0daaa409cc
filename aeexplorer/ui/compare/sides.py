"""What stands side by side: the maps of several runs, or two maps of one run, each laid over the first."""

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
from aeexplorer.ui.explore.projected import shown_projection
from aeexplorer.ui.session.page_states import CompareState, ExploreState
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.ui.shell import background


@dataclass(frozen=True)
class Side:
    """A map on the page."""

    run: Run
    own: Projection
    """As it was made."""
    laid: Projection
    """Laid over the first one."""
    disparity: float | None
    """Of the alignment; None for the first map, and where there was nothing to align by."""
    mark: tuple[object, ...]
    """What tells it from others, for caches."""
    note: str = ""
    """What a person should know about it; empty when it is what was asked for."""
    awaited: str = ""
    """Method of the map that is on its way."""

    @property
    def title(self) -> str:
        """The map's method."""
        return method_of(self.own.method).title


def sides_of(page_state: CompareState, runs: Sequence[Run]) -> list[Side]:
    """The maps of several runs; of one run, those by the two methods of the page's state."""
    if len(runs) > 1:
        return [_side((_mark(runs[0]), _mark(run)), runs[0], run) for run in runs]
    (run,) = runs
    methods = page_state.methods.split(",")
    found = [shown_projection(run, ExploreState(run=run.id, method=method)) for method in methods]
    sides = []
    for method, one in zip(methods, found, strict=True):
        laid, disparity = (one.projection, None) if one is found[0] else align_map(one.projection, found[0].projection)
        awaited = method if one.awaited else ""
        sides.append(Side(run, one.projection, laid, disparity, (*found[0].version, *one.version), one.note, awaited))
    return sides


@st.fragment(run_every=1.0)
def await_maps(run: Run, awaited: Sequence[str]) -> None:
    """Look every second whether one of the maps that are awaited is there; then draw the page again."""
    if any(background.request(run.id, method, 2).state in ("ready", "failed") for method in awaited):
        st.rerun()


@st.cache_resource(max_entries=16, show_spinner="Comparing neighbours")
def overlap(mark: tuple[object, ...], _first: Side, _second: Side) -> Overlap:
    """The overlap of neighbours: in the latent spaces of two runs, or on two maps of one."""
    if _first.run.id == _second.run.id:
        return overlap_of_maps(_first.own, _second.own)
    return overlap_of_runs(_first.run, _second.run, np.intersect1d(_first.own.ids, _second.own.ids).astype(np.int32))


def _mark(run: Run) -> tuple[str, str]:
    return run.id, version_of(run.id)


@st.cache_resource(max_entries=64, show_spinner=False)
def _side(key: tuple[object, ...], _first: Run, _run: Run) -> Side:
    made = quick_map(_run)
    if _run.id == _first.id:
        return Side(_run, made, made, None, (*key, made.method))
    laid, disparity = align_map(made, quick_map(_first))
    return Side(_run, made, laid, disparity, (*key, made.method))
