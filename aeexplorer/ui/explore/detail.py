"""More samples than the overview of a large map: those of the visible area, the selected ones, or simply more."""

import hashlib
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
import streamlit as st

from aeexplorer.analysis.maps.all_positions import all_positions, all_positions_job
from aeexplorer.analysis.maps.detail import Area, positions_on_plane, select_detail
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.sampling import MAX_SAMPLES, sample_ids
from aeexplorer.training.run import Run
from aeexplorer.ui.components.linked import VisibleArea
from aeexplorer.ui.explore.scene import Scene, chart_key
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState

_NONE = np.empty(0, np.int32)
MAX_DETAIL = 50_000
"""Most samples that are added in an area, unless the page asks for more."""


@dataclass(frozen=True, eq=False)
class DetailedMap:
    """A map with more samples than its overview."""

    projection: Projection
    version: tuple[object, ...]
    """Identifies the map in cache keys."""
    note: str = ""
    """How many of the visible samples it shows."""


def limit_points(scene: Scene) -> None:
    """Set the largest number of points in the page's state to one that is offered for the run."""
    offered = _offered_limits(scene)
    if offered and scene.state.most not in offered:
        scene.change(most=offered[-1])


def choose_points(scene: Scene) -> None:
    """Draw the choice of how many points the map shows, where there are more samples than it shows at first."""
    if not (offered := _offered_limits(scene)):
        return
    st.selectbox(
        "Points at most",
        offered,
        format_func=lambda most: f"{most:,} points",
        label_visibility="collapsed",
        width=150,
        help="How many samples the map shows at most. Zoom in, or select, to bring in others.",
        **state.bound(ExploreState, "most"),
    )


def _offered_limits(scene: Scene) -> list[int]:
    """Numbers of points to choose from; empty where the map shows all samples, or is not flat."""
    total = scene.run.dataset.n
    if total <= MAX_SAMPLES or len(scene.ids) > MAX_SAMPLES or scene.state.dims != 2:
        return []
    limits = get_args(ExploreState.model_fields["most"].annotation)
    return [limit for limit, smaller in zip(limits, (0, *limits), strict=False) if smaller < total]


def has_more(run: Run, projection: Projection) -> bool:
    """Return whether the map can show samples besides its overview."""
    placed = projection.plane is not None or all_positions(run, projection) is not None
    return projection.dims == 2 and len(projection.ids) < run.dataset.n and placed


def places_wanted(run: Run, projection: Projection) -> str:
    """Return the background job that a map needs before it can show more samples; empty where it needs none."""
    more = projection.dims == 2 and len(projection.ids) < run.dataset.n
    return all_positions_job(projection) if more and not has_more(run, projection) else ""


def detailed_map(scene: Scene, projection: Projection, version: tuple[object, ...]) -> DetailedMap:
    """Return the map with the samples of the visible area, the selected samples, and as many more as the page asks for."""
    run, limit = scene.run, scene.state.most
    if not has_more(run, projection):
        return DetailedMap(projection, version)
    area = _visible_area(f"{run.id}:{projection.method}:{projection.dims}")
    if area is None and limit == MAX_SAMPLES:
        detailed = DetailedMap(projection, version, "zoom in to see more samples")
    else:
        detailed = _detailed_map((*version, area, limit), run, projection, area, _NONE, limit)
    absent = np.setdiff1d(scene.selected, detailed.projection.ids, assume_unique=True)
    if not len(absent):
        return detailed
    digest = hashlib.sha256(absent.tobytes()).hexdigest()
    return _detailed_map((*version, area, limit, digest), run, projection, area, absent, limit)


def _visible_area(revision: str) -> Area | None:
    visible = VisibleArea.of(state.get(chart_key("map"), {}))
    return Area(*visible.x, *visible.y) if visible and visible.revision == revision else None


@st.cache_resource(max_entries=24, show_spinner=False)
def _detailed_map(
    version: tuple[object, ...], _run: Run, _projection: Projection, area: Area | None, _absent: np.ndarray, limit: int
) -> DetailedMap:
    positions = _positions(version[:4], _run, _projection)
    overview = _projection.ids if limit == MAX_SAMPLES else np.union1d(_projection.ids, sample_ids(_run.dataset, limit))
    detail = select_detail(_run.dataset, overview, positions, area, _absent, max(limit, MAX_DETAIL))
    return DetailedMap(replace(_projection, ids=detail.ids, xy=positions[detail.ids]), version, detail.caption)


@st.cache_resource(max_entries=8, show_spinner="Placing all samples …")
def _positions(version: tuple[object, ...], _run: Run, _projection: Projection) -> np.ndarray:
    positions = positions_on_plane(_run, _projection)
    if positions is None:
        placed = all_positions(_run, _projection)
        assert placed is not None
        positions = placed[1]
    return positions
