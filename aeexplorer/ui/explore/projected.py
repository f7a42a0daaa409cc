"""Which projection the page shows now: the requested one, a partial map of it, or a quick one until it is ready."""

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
class ShownProjection:
    """The projection on the page, and whether a better one is on its way."""

    projection: Projection
    version: tuple[object, ...]
    """Identifies the projection in cache keys."""
    note: str = ""
    """What a person should know about it; empty when it is the requested one."""
    awaited: bool = False
    """Whether the requested projection is still being computed."""


def shown_projection(run: Run, shown: ExploreState) -> ShownProjection:
    """Return the requested projection; while it is being computed, its partial map or a quick projection."""
    method = method_of(shown.method)
    version = (run.id, version_of(run.id), shown.dims)
    ready = compute_projection(run, method.name, shown.dims) if method.quick else cached_projection(run, method.name, shown.dims)
    if ready is not None:
        return ShownProjection(ready, (*version, method.name))
    status = background.request(run.id, method.name, shown.dims)
    if (partial := partial_map(run, method.name, shown.dims)) and status.state != "failed":
        note = f"A partial map: {method.title} is being refined."
        return ShownProjection(partial[0], (*version, method.name, partial[1]), note, True)
    quick = next(m for m in available_methods(run, shown.dims) if m.quick)
    failed = status.state == "failed"
    note = (
        f"{method.title} failed: {status.reason}. This is {quick.title}."
        if failed
        else f"This is {quick.title}; {method.title} is being computed."
    )
    return ShownProjection(compute_projection(run, quick.name, shown.dims), (*version, quick.name), note, not failed)


@st.fragment(run_every=0.5)
def await_projection(run: Run, shown: ExploreState, version: tuple[object, ...]) -> None:
    """Look twice a second for a better projection than the one with this version; then draw the page again."""
    partial = partial_map(run, shown.method, shown.dims)
    better = partial is not None and partial[1] not in version
    if better or background.request(run.id, shown.method, shown.dims).state in ("ready", "failed"):
        st.rerun()
