"""The bar above the map: which run, how it is projected, what colours it, what is lit up."""

import numpy as np
import streamlit as st

from aeexplorer.analysis.colouring import colouring, colourings
from aeexplorer.analysis.errors import outliers
from aeexplorer.analysis.projection import offered_methods
from aeexplorer.analysis.projections.base import DIMS
from aeexplorer.training.run import Run
from aeexplorer.ui import state
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.state import ExploreState
from aeexplorer.ui.stored import Listed, mark_of, run_of

MOST = 50
"""Categories of a column that are offered."""
_LIT, _LIT_BEFORE = "explore.lit", "explore.lit before"


def choose_run(shown: ExploreState, listed: list[Listed]) -> ExploreState:
    """The list of runs; another run on another dataset starts without a selection."""
    by_id = {one.row.id: one for one in listed}
    if shown.run not in by_id:
        if shown.run:
            st.toast("That run is not in this workspace, or has no results yet: here is another.", icon=":material/info:")
        shown = state.update(ExploreState(), run=_newest(listed))
    tied = state.bound(ExploreState, "run")
    tied |= {"on_change": _open, "args": (tied["key"],)}
    st.selectbox("Run", list(by_id), format_func=lambda run: by_id[run].title, **tied)
    return shown


def choose_view(shown: ExploreState, run: Run) -> ExploreState:
    """Method, dimensions and colour of the map, each one of those that the run offers."""
    if max(shown.a, shown.b) >= run.dataset.n:
        shown = state.update(shown, a=-1, b=-1)
    fitting = {dims: {m.name: m.title for m in offered_methods(run, dims)} for dims in DIMS}
    if not fitting[shown.dims]:
        shown = state.update(shown, dims=next(dims for dims in DIMS if fitting[dims]))
    methods = fitting[shown.dims]
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


def light_up(scene: Scene) -> None:
    """A list that selects samples by what they are: a label, a split, a category, a high error; all others are dimmed."""
    run = scene.run
    choices = _choices(run.id, mark_of(run.id), run)
    chosen = st.selectbox("Light up", list(choices), index=None, placeholder="nothing", key=_LIT, width=150)
    before = state.keep(_LIT_BEFORE, None)
    if chosen != before:
        state.put({_LIT_BEFORE: chosen})
        scene.select(() if chosen is None else _samples(run, *choices[chosen]))


@st.cache_data(max_entries=32, show_spinner=False)
def _choices(run_id: str, mark: str, _run: Run) -> dict[str, tuple[str, int]]:
    """What can be lit up: words → the colouring and the place of the category in it."""
    choices: dict[str, tuple[str, int]] = {"high errors": ("error", -1)}
    for name in colourings(_run):
        categories = colouring(_run, name, _run.dataset.ids()).categories or ()
        choices |= {f"{name} {category}": (name, i) for i, category in enumerate(categories[:MOST])}
    return choices


def _samples(run: Run, name: str, place: int) -> np.ndarray:
    ids = run.dataset.ids()
    return outliers(np.asarray(run.errors), ids) if place < 0 else ids[colouring(run, name, ids).values == place]


def _newest(listed: list[Listed]) -> str:
    return next((one for one in listed if one.status.state == "finished"), listed[0]).row.id


def _best(methods: list[str]) -> str:
    return next((name for name in ("latents", "umap") if name in methods), methods[0])


def _open(key: str) -> None:
    shown = state.current(ExploreState)
    chosen = str(state.keep(key, ""))
    same = bool(shown.run) and run_of(shown.run).config.dataset == run_of(chosen).config.dataset
    draws = {"prior": shown.prior, "temperature": shown.temperature, "seed": shown.seed}
    kept = {"selection": shown.selection} if same else {}
    state.update(ExploreState(), run=chosen, panel=shown.panel, colour=shown.colour, **draws, **kept)
