"""Samples that a large map shows in addition to its overview: samples in the visible area, and selected samples."""

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
"""Largest number of samples that are added in an area, unless the page's state has a larger limit."""


@dataclass(frozen=True, eq=False)
class DetailedMap:
    """A map with more samples than its overview."""

    projection: Projection
    version: tuple[object, ...]
    """Identifies the map in cache keys."""
    note: str = ""
    """Text about the number of samples on the map."""


def limit_points(scene: Scene) -> None:
    """Reduce the largest number of points in the page's state to a limit that is offered for the run."""
    offered = _offered_limits(scene)
    if offered and scene.state.most not in offered:
        scene.change(most=offered[-1])


def choose_points(scene: Scene) -> None:
    """Draw the choice of the largest number of points, if the dataset has more samples than the overview of the map."""
    if not (offered := _offered_limits(scene)):
        return
    st.selectbox(
        "Points at most",
        offered,
        format_func=lambda most: f"{most:,} points",
        label_visibility="collapsed",
        width=150,
        help="Largest number of samples on the map. Zoom in or select samples to show others.",
        **state.bound(ExploreState, "most"),
    )


def _offered_limits(scene: Scene) -> list[int]:
    """Return the limits to choose from; empty if the map shows all samples, or has three dimensions."""
    total = scene.run.dataset.n
    if total <= MAX_SAMPLES or len(scene.ids) > MAX_SAMPLES or scene.state.dims != 2:
        return []
    limits = get_args(ExploreState.model_fields["most"].annotation)
    return [limit for limit, smaller in zip(limits, (0, *limits), strict=False) if smaller < total]


def has_more(run: Run, projection: Projection) -> bool:
    """Return whether the map can show more samples than its overview."""
    has_positions = projection.plane is not None or all_positions(run, projection) is not None
    return projection.dims == 2 and len(projection.ids) < run.dataset.n and has_positions


def positions_job(run: Run, projection: Projection) -> str:
    """Return the background job that places all samples on a map; empty if the map does not need it."""
    is_overview = projection.dims == 2 and len(projection.ids) < run.dataset.n
    return all_positions_job(projection) if is_overview and not has_more(run, projection) else ""


def detailed_map(scene: Scene, projection: Projection, version: tuple[object, ...]) -> DetailedMap:
    """Return the map with the samples in the visible area, the selected samples, and more samples up to the page's limit."""
    run, limit = scene.run, scene.state.most
    if not has_more(run, projection):
        return DetailedMap(projection, version)
    area = _visible_area(f"{run.id}:{projection.method}:{projection.dims}")
    if area is None and limit == MAX_SAMPLES:
        detailed = DetailedMap(projection, version, "zoom in to see more samples")
    else:
        detailed = _detailed_map((*version, area, limit), run, projection, area, _NONE, limit)
    missing = np.setdiff1d(scene.selected, detailed.projection.ids, assume_unique=True)
    if not len(missing):
        return detailed
    digest = hashlib.sha256(missing.tobytes()).hexdigest()
    return _detailed_map((*version, area, limit, digest), run, projection, area, missing, limit)


def _visible_area(revision: str) -> Area | None:
    """Return the visible area of the map with this `uirevision`; None if the whole map is visible."""
    visible = VisibleArea.of(state.get(chart_key("map"), {}))
    return Area(*visible.x, *visible.y) if visible and visible.revision == revision else None


@st.cache_resource(max_entries=24, show_spinner=False)
def _detailed_map(
    version: tuple[object, ...], _run: Run, _projection: Projection, area: Area | None, _missing: np.ndarray, limit: int
) -> DetailedMap:
    positions = _positions(version[:4], _run, _projection)
    overview = _projection.ids if limit == MAX_SAMPLES else np.union1d(_projection.ids, sample_ids(_run.dataset, limit))
    detail = select_detail(_run.dataset, overview, positions, area, _missing, max(limit, MAX_DETAIL))
    return DetailedMap(replace(_projection, ids=detail.ids, xy=positions[detail.ids]), version, detail.caption)


@st.cache_resource(max_entries=8, show_spinner="Placing all samples …")
def _positions(version: tuple[object, ...], _run: Run, _projection: Projection) -> np.ndarray:
    positions = positions_on_plane(_run, _projection)
    if positions is None:
        ids_and_positions = all_positions(_run, _projection)
        assert ids_and_positions is not None
        positions = ids_and_positions[1]
    return positions
