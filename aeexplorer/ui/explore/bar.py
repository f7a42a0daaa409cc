"""The bar above the map: which run, how it is projected, what colours it."""

import streamlit as st

from aeexplorer.analysis.maps.projection import available_methods
from aeexplorer.analysis.maps.projections.base import DIMS
from aeexplorer.analysis.samples.colouring import offered_colourings
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.tools.slicing import offered_slice
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState, samples_of
from aeexplorer.ui.session.workspace import ListedRun, run_of


def valid_run(shown: ExploreState, listed: list[ListedRun]) -> ExploreState:
    """Return the state with a run that can be explored: the one it names, else the newest."""
    if any(one.row.id == shown.run for one in listed):
        return shown
    if shown.run:
        st.toast("That run is not in this workspace, or has no results yet: here is another.", icon=":material/info:")
    return state.update(ExploreState() if shown.run else shown, run=_newest(listed))


def valid_view(shown: ExploreState, run: Run) -> ExploreState:
    """Return the state with samples, dimensions, a map and a colour that the run offers."""
    if max(samples_of(shown.points), default=0) >= run.dataset.n or shown.origin >= run.dataset.n:
        shown = state.update(shown, points="", origin=-1)
    if shown.dims not in _offered_dims(run):
        shown = state.update(shown, dims=_offered_dims(run)[0])
    if not shown.method and "latents" in _offered_maps(run, shown, 3):
        shown = state.update(shown, dims=3)  # three latents are shown as they are
    methods = list(_offered_maps(run, shown, shown.dims))
    if shown.method not in methods:
        best = next((name for name in ("latents", "umap") if name in methods), methods[0])
        shown = state.update(shown, method=best)
    colours = offered_colourings(run, shown.method)
    return shown if shown.colour in colours else state.update(shown, colour=colours[0])


def choose_run(listed: list[ListedRun]) -> None:
    """Draw the list of runs; a run on another dataset starts without a selection."""
    titles = {one.row.id: one.title for one in listed}
    bound = state.bound(ExploreState, "run")
    bound |= {"on_change": _open, "args": (bound["key"],)}
    st.selectbox("Run", list(titles), format_func=titles.__getitem__, **bound)


def choose_view(shown: ExploreState, run: Run) -> None:
    """Draw the choices of map, dimensions and colour."""
    titles = _offered_maps(run, shown, shown.dims)
    st.segmented_control(
        "Map", list(titles), format_func=titles.__getitem__, required=True, **state.bound(ExploreState, "method")
    )
    st.segmented_control(
        "Dimensions",
        _offered_dims(run),
        format_func=lambda dims: f"{dims}-D",
        required=True,
        **state.bound(ExploreState, "dims"),
    )
    st.selectbox("Colour", offered_colourings(run, shown.method), width=150, **state.bound(ExploreState, "colour"))


def _offered_dims(run: Run) -> list[int]:
    """Dimensions in which the run has a map."""
    return [dims for dims in DIMS if available_methods(run, dims)]


def _offered_maps(run: Run, shown: ExploreState, dims: int) -> dict[str, str]:
    """Titles of the maps in these dimensions by name, a slice of the latent space among those in two."""
    titles = {method.name: method.title for method in available_methods(run, dims)}
    if dims == 2 and (name := offered_slice(run, shown.method)):
        titles[name] = "Slice"
    return titles


def _newest(listed: list[ListedRun]) -> str:
    return next((one for one in listed if one.status.state == "finished"), listed[0]).row.id


def _open(key: str) -> None:
    shown = state.current(ExploreState)
    chosen = str(state.setdefault(key, ""))
    same = bool(shown.run) and run_of(shown.run).config.dataset == run_of(chosen).config.dataset
    draws = {"prior": shown.prior, "temperature": shown.temperature, "seed": shown.seed}
    kept = {"selection": shown.selection} if same else {}
    state.update(ExploreState(), run=chosen, panel=shown.panel, colour=shown.colour, **draws, **kept)
