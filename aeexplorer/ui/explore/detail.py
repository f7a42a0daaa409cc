"""More points than the overview: of the area that a person has zoomed to, of the selection, or simply more."""

import hashlib
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
import streamlit as st

from aeexplorer.analysis.maps.all_positions import all_positions, places_job
from aeexplorer.analysis.maps.detail import Area, detail, positions_on_plane
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.sampling import LIMIT, sample_ids
from aeexplorer.training.run import Run
from aeexplorer.ui.components.linked import Sight
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.session import state
from aeexplorer.ui.session.state import ExploreState

_NONE = np.empty(0, np.int32)
BROUGHT = 50_000
"""Samples brought into an area at most, unless more points are asked for."""


@dataclass(frozen=True, eq=False)
class Brought:
    """A map with what belongs on it besides its overview."""

    made: Projection
    mark: tuple[object, ...]
    """What tells it from others, for caches."""
    said: str = ""
    """How much of what is in sight it shows."""


def choose_points(scene: Scene) -> None:
    """A list of how many points the map shows, where there are more samples and it has few of them."""
    total = scene.run.dataset.n
    if total <= LIMIT or len(scene.ids) > LIMIT or scene.state.dims != 2:
        return
    steps = get_args(ExploreState.model_fields["most"].annotation)
    offered = [most for most, before in zip(steps, (0, *steps), strict=False) if before < total]
    if scene.state.most not in offered:
        scene.change(most=offered[-1])
    st.selectbox(
        "Points at most",
        offered,
        format_func=lambda most: f"{most:,} points",
        label_visibility="collapsed",
        width=150,
        help="How many samples the map shows at most. Zoom in, or select, to bring in others.",
        **state.bound(ExploreState, "most"),
    )


def has_more(run: Run, made: Projection) -> bool:
    """Whether samples that a map does not show can be brought in."""
    placed = made.plane is not None or all_positions(run, made) is not None
    return made.dims == 2 and len(made.ids) < run.dataset.n and placed


def places_wanted(run: Run, made: Projection) -> str:
    """The job that would let samples be brought into a map; empty where there are none, or nothing is needed for it."""
    more = made.dims == 2 and len(made.ids) < run.dataset.n
    return places_job(made) if more and not has_more(run, made) else ""


def brought_in(scene: Scene, made: Projection, mark: tuple[object, ...]) -> Brought:
    """The map and the samples that are brought in: in sight, selected, or because more are asked for."""
    run, most = scene.run, scene.state.most
    if not has_more(run, made):
        return Brought(made, mark)
    area = _area(f"{run.id}:{made.method}:{made.dims}")
    if area is None and most == LIMIT:
        found = Brought(made, mark, "zoom in to see more samples")
    else:
        found = _brought((*mark, area, most), run, made, area, _NONE, most)
    absent = np.setdiff1d(scene.selected, found.made.ids, assume_unique=True)
    if not len(absent):
        return found
    return _brought((*mark, area, most, hashlib.sha256(absent.tobytes()).hexdigest()), run, made, area, absent, most)


def _area(revision: str) -> Area | None:
    sight = Sight.of(state.get("explore-map", {}))
    return Area(*sight.x, *sight.y) if sight and sight.revision == revision else None


@st.cache_resource(max_entries=24, show_spinner=False)
def _brought(
    mark: tuple[object, ...], _run: Run, _made: Projection, area: Area | None, _absent: np.ndarray, most: int
) -> Brought:
    positions = _positions(mark[:4], _run, _made)
    overview = _made.ids if most == LIMIT else np.union1d(_made.ids, sample_ids(_run.dataset, most))
    found = detail(_run.dataset, overview, positions, area, _absent, max(most, BROUGHT))
    return Brought(replace(_made, ids=found.ids, xy=positions[found.ids]), mark, found.said)


@st.cache_resource(max_entries=8, show_spinner="Placing all samples …")
def _positions(mark: tuple[object, ...], _run: Run, _made: Projection) -> np.ndarray:
    found = positions_on_plane(_run, _made)
    if found is None:
        placed = all_positions(_run, _made)
        assert placed is not None
        found = placed[1]
    return found
