"""The bar above the map: which run, how it is projected, what colours it."""

import streamlit as st

from aeexplorer.analysis.maps.projection import offered_methods
from aeexplorer.analysis.maps.projections.base import DIMS
from aeexplorer.analysis.samples.colouring import colourings
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.slicing import offered_slice
from aeexplorer.ui.session import state
from aeexplorer.ui.session.state import ExploreState, samples_of
from aeexplorer.ui.session.workspace import ListedRun, run_of


def choose_run(shown: ExploreState, listed: list[ListedRun]) -> ExploreState:
    """The list of runs; another run on another dataset starts without a selection."""
    by_id = {one.row.id: one for one in listed}
    if shown.run not in by_id:
        if shown.run:
            st.toast("That run is not in this workspace, or has no results yet: here is another.", icon=":material/info:")
        shown = state.update(ExploreState() if shown.run else shown, run=_newest(listed))
    tied = state.bound(ExploreState, "run")
    tied |= {"on_change": _open, "args": (tied["key"],)}
    st.selectbox("Run", list(by_id), format_func=lambda run: by_id[run].title, **tied)
    return shown


def choose_view(shown: ExploreState, run: Run) -> ExploreState:
    """Method, dimensions and colour of the map, each one of those that the run offers."""
    if max(samples_of(shown.points), default=0) >= run.dataset.n or shown.origin >= run.dataset.n:
        shown = state.update(shown, points="", origin=-1)
    fitting = {dims: {m.name: m.title for m in offered_methods(run, dims)} for dims in DIMS}
    if not fitting[shown.dims]:
        shown = state.update(shown, dims=next(dims for dims in DIMS if fitting[dims]))
    if not shown.method and "latents" in fitting[3]:
        shown = state.update(shown, dims=3)  # three latents are looked at as they are
    methods = fitting[shown.dims]
    if shown.dims == 2 and (cut := offered_slice(run, shown.method)):
        methods[cut] = "Slice"
    if shown.method not in methods:
        shown = state.update(shown, method=_best(list(methods)))
    colours = colourings(run, shown.method)
    if shown.colour not in colours:
        shown = state.update(shown, colour=colours[0])
    st.segmented_control(
        "Map", list(methods), format_func=lambda name: methods[name], required=True, **state.bound(ExploreState, "method")
    )
    st.segmented_control(
        "Dimensions",
        [dims for dims in DIMS if fitting[dims]],
        format_func=lambda dims: f"{dims}-D",
        required=True,
        **state.bound(ExploreState, "dims"),
    )
    st.selectbox("Colour", colours, width=150, **state.bound(ExploreState, "colour"))
    return shown


def _newest(listed: list[ListedRun]) -> str:
    return next((one for one in listed if one.status.state == "finished"), listed[0]).row.id


def _best(methods: list[str]) -> str:
    return next((name for name in ("latents", "umap") if name in methods), methods[0])


def _open(key: str) -> None:
    shown = state.current(ExploreState)
    chosen = str(state.setdefault(key, ""))
    same = bool(shown.run) and run_of(shown.run).config.dataset == run_of(chosen).config.dataset
    draws = {"prior": shown.prior, "temperature": shown.temperature, "seed": shown.seed}
    kept = {"selection": shown.selection} if same else {}
    state.update(ExploreState(), run=chosen, panel=shown.panel, colour=shown.colour, **draws, **kept)
