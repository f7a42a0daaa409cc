"""The map that the page shows: the chosen one, its partial map, or a quick map until the chosen one is ready."""

from dataclasses import dataclass

import streamlit as st

from aeexplorer.analysis.maps.projection import Projection, available_methods, cached_projection, compute_projection
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.background.partial_maps import partial_map
from aeexplorer.training.run import Run
from aeexplorer.ui.session.page_states import ExploreState
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.ui.shell import background


@dataclass(frozen=True)
class PageMap:
    """The projection on the page, and whether the chosen projection is still being computed."""

    projection: Projection
    version: tuple[object, ...]
    """Identifies the projection in cache keys."""
    note: str = ""
    """Note for the user; empty if the chosen projection is shown."""
    is_pending: bool = False
    """Whether the chosen projection is still being computed."""


def current_page_map(run: Run, page_state: ExploreState) -> PageMap:
    """Return the chosen projection. While it is being computed, return its partial map or a quick projection."""
    dims = page_state.dims
    method = method_of(page_state.method)
    version = (run.id, version_of(run.id), dims)
    projection = compute_projection(run, method.name, dims) if method.quick else cached_projection(run, method.name, dims)
    if projection is not None:
        return PageMap(projection, (*version, method.name))
    status = background.request(run.id, method.name, dims)
    is_pending = status.state != "failed"
    if (partial := partial_map(run, method.name, dims)) and is_pending:
        note = f"A partial map: {method.title} is being refined."
        return PageMap(partial[0], (*version, method.name, partial[1]), note, True)
    quick = next(other for other in available_methods(run, dims) if other.quick)
    note = (
        f"This is {quick.title}; {method.title} is being computed."
        if is_pending
        else f"{method.title} failed: {status.reason}. This is {quick.title}."
    )
    return PageMap(compute_projection(run, quick.name, dims), (*version, quick.name), note, is_pending)


@st.fragment(run_every=0.5)
def await_projection(run: Run, page_state: ExploreState, version: tuple[object, ...]) -> None:
    """Check twice a second for a better projection than the one with this version, and rerun the page then."""
    partial = partial_map(run, page_state.method, page_state.dims)
    is_improved = partial is not None and partial[1] not in version
    if is_improved or background.request(run.id, page_state.method, page_state.dims).state in ("ready", "failed"):
        st.rerun()
