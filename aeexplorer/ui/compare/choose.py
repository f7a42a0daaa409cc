"""Choosing what to compare: a dataset, up to four of its runs or two maps of one, what colours the maps."""

from collections.abc import Sequence

import streamlit as st

from aeexplorer.analysis.maps.projection import offered_methods
from aeexplorer.analysis.runs.comparison import MOST
from aeexplorer.analysis.samples.colouring import colourings
from aeexplorer.training.run import Run
from aeexplorer.ui.session import state
from aeexplorer.ui.session.state import CompareState, TrainState
from aeexplorer.ui.session.workspace import ListedRun, run_of

_RUNS, _METHODS = "compare.chosen", ("compare.method A", "compare.method B")
OVERLAP = "neighbour overlap"
"""The colouring by how far two maps agree on each sample's neighbours."""
LETTERS = "ABCD"
"""What the runs are called on the page, by their place."""


def comparable(listed: Sequence[ListedRun]) -> dict[str, list[ListedRun]]:
    """The runs that can be compared, newest first, by their dataset's id; datasets with several come first."""
    found: dict[str, list[ListedRun]] = {}
    for one in listed:
        if one.run.finished:
            found.setdefault(one.row.dataset, []).append(one)
    return dict(sorted(found.items(), key=lambda item: len(item[1]) < 2))


def ids_of(text: str) -> list[str]:
    """Run ids joined by commas → a list, each once."""
    return list(dict.fromkeys(filter(None, text.split(","))))


def choose_runs(shown: CompareState, offered: dict[str, list[ListedRun]]) -> CompareState:
    """Lists of datasets and of runs; the two newest runs where none are chosen."""
    by_id = {one.row.id: one for runs in offered.values() for one in runs}
    wanted = ids_of(shown.runs)
    here = [run for run in wanted if run in by_id]
    dataset = by_id[here[0]].row.dataset if here else shown.dataset if shown.dataset in offered else next(iter(offered))
    chosen = [run for run in here if by_id[run].row.dataset == dataset][:MOST]
    if wanted and chosen != wanted:
        st.toast("Some of those runs are not here, have no results yet, or are of another dataset.", icon=":material/info:")
    if not wanted:
        chosen = [one.row.id for one in offered[dataset][:2]]
    colours = [*colourings(run_of(chosen[0])), OVERLAP] if chosen else [shown.colour]
    colour = shown.colour if shown.colour in colours else colours[0]
    if (dataset, ",".join(chosen), colour) != (shown.dataset, shown.runs, shown.colour):
        shown = state.update(shown, dataset=dataset, runs=",".join(chosen), colour=colour)
    tied = state.bound(CompareState, "dataset") | {"on_change": _open}
    st.selectbox("Dataset", list(offered), format_func=lambda one: offered[one][0].dataset, width=180, **tied)
    state.put({_RUNS: chosen})
    st.multiselect(
        f"Runs, up to {MOST}",
        [one.row.id for one in offered[dataset]],
        format_func=lambda run: by_id[run].row.name,
        max_selections=MOST,
        key=_RUNS,
        on_change=_choose,
        placeholder="One for two of its maps, or several",
    )
    if len(chosen) == 1:
        shown = _choose_methods(shown, run_of(chosen[0]))
    st.selectbox("Colour", colours, width=150, **state.bound(CompareState, "colour"))
    return shown


def _choose_methods(shown: CompareState, run: Run) -> CompareState:
    """Two projections of one run: as the address names them, or the first quick one and UMAP."""
    offered = {method.name: method.title for method in offered_methods(run, 2)}
    named = [name for name in shown.methods.split(",") if name in offered]
    if len(named) != 2:
        named = [next(iter(offered)), "umap"]
        shown = state.update(shown, methods=",".join(named))
    for key, title, name in zip(_METHODS, ("Map A", "Map B"), named, strict=True):
        state.put({key: name})
        st.selectbox(title, list(offered), format_func=offered.__getitem__, width=130, key=key, on_change=_change_methods)
    return shown


def show_empty(listed: Sequence[ListedRun]) -> None:
    """What to do where there are no results yet."""
    ready = [one for one in listed if one.run.finished]
    with st.container(horizontal_alignment="center", vertical_alignment="center", height="stretch"):
        st.space("large")
        st.subheader("Nothing to compare yet")
        st.markdown("Train a run to set two of its maps side by side, and another, with other settings, to compare the two.")
        if st.button("Train", type="primary", icon=":material/model_training:", key="compare.train"):
            state.visit(TrainState, dataset=ready[0].row.dataset if ready else "")


def _change_methods() -> None:
    state.update(state.current(CompareState), methods=",".join(state.get(key, "") for key in _METHODS))


def _open() -> None:
    state.update(CompareState(), dataset=state.setdefault(f"{CompareState.page}.dataset", ""))


def _choose() -> None:
    shown = state.current(CompareState)
    state.update(shown, runs=",".join(state.setdefault(_RUNS, [])))
