"""The bar above the map: the run, the map and its colouring."""

import streamlit as st

from aeexplorer.analysis.maps.projection import available_methods
from aeexplorer.analysis.maps.projections.base import DIMS
from aeexplorer.analysis.samples.colouring import offered_colourings
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.tools.slicing import offered_slice
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState, samples_of
from aeexplorer.ui.session.workspace import ListedRun, run_of


def valid_run(page_state: ExploreState, listed: list[ListedRun]) -> ExploreState:
    """Return the state with a run: the run that the state names, or else the newest one that can be explored."""
    return page_state if page_state.run else state.update(page_state, run=_newest(listed))


def valid_view(page_state: ExploreState, run: Run) -> ExploreState:
    """Return the state with samples, dimensions, a map and a colouring that the run has."""
    if max(samples_of(page_state.points), default=0) >= run.dataset.n or page_state.origin >= run.dataset.n:
        page_state = state.update(page_state, points="", origin=-1)
    if page_state.dims not in _offered_dims(run):
        page_state = state.update(page_state, dims=_offered_dims(run)[0])
    if not page_state.method and "latents" in _offered_maps(run, page_state, 3):
        page_state = state.update(page_state, dims=3)  # three latents need no projection
    methods = list(_offered_maps(run, page_state, page_state.dims))
    if page_state.method not in methods:
        best = next((name for name in ("latents", "umap") if name in methods), methods[0])
        page_state = state.update(page_state, method=best)
    colours = offered_colourings(run, page_state.method)
    return page_state if page_state.colour in colours else state.update(page_state, colour=colours[0])


def choose_run(listed: list[ListedRun]) -> None:
    """Draw the list of runs. A run of another dataset starts without a selection."""
    titles = {entry.row.id: entry.title for entry in listed}
    binding = state.bound(ExploreState, "run")
    binding |= {"on_change": _open_run, "args": (binding["key"],)}
    st.selectbox("Run", list(titles), format_func=titles.__getitem__, **binding)


def choose_view(page_state: ExploreState, run: Run) -> None:
    """Draw the choices of the map, its dimensions and its colouring."""
    titles = _offered_maps(run, page_state, page_state.dims)
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
    st.selectbox("Colour", offered_colourings(run, page_state.method), width=150, **state.bound(ExploreState, "colour"))


def _offered_dims(run: Run) -> list[int]:
    """Return the numbers of dimensions for which the run has maps."""
    return [dims for dims in DIMS if available_methods(run, dims)]


def _offered_maps(run: Run, page_state: ExploreState, dims: int) -> dict[str, str]:
    """Return the titles of the maps with these dimensions by name. Two-dimensional maps include a slice of the latent space."""
    titles = {method.name: method.title for method in available_methods(run, dims)}
    if dims == 2 and (name := offered_slice(run, page_state.method)):
        titles[name] = "Slice"
    return titles


def _newest(listed: list[ListedRun]) -> str:
    """Return the id of the newest run whose training finished, or else of the newest run."""
    return next((entry for entry in listed if entry.status.state == "finished"), listed[0]).row.id


def _open_run(key: str) -> None:
    """Open the chosen run with the defaults of the page, except for the panel, the colouring, the draws and the selection."""
    page_state = state.current(ExploreState)
    chosen = str(state.setdefault(key, ""))
    is_same_dataset = bool(page_state.run) and run_of(page_state.run).config.dataset == run_of(chosen).config.dataset
    draws = {"prior": page_state.prior, "temperature": page_state.temperature, "seed": page_state.seed}
    selection = {"selection": page_state.selection} if is_same_dataset else {}
    state.update(ExploreState(), run=chosen, panel=page_state.panel, colour=page_state.colour, **draws, **selection)
