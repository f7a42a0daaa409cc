"""Choosing what to compare: a dataset, up to four of its runs or two maps of one, what colours the maps."""

from collections.abc import Sequence

import streamlit as st

from aeexplorer.analysis.maps.projection import available_methods
from aeexplorer.analysis.runs.comparison import MAX_RUNS
from aeexplorer.analysis.samples.colouring import offered_colourings
from aeexplorer.training.run import Run
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import CompareState, TrainState
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


def valid_state(page_state: CompareState, offered: dict[str, list[ListedRun]]) -> CompareState:
    """Return the state with a dataset, runs, maps and a colour that are offered; the two newest runs where it names none."""
    by_id = {one.row.id: one for runs in offered.values() for one in runs}
    named = ids_of(page_state.runs)
    known = [run for run in named if run in by_id]
    dataset = by_id[known[0]].row.dataset if known else page_state.dataset if page_state.dataset in offered else next(iter(offered))
    chosen = [run for run in known if by_id[run].row.dataset == dataset][:MAX_RUNS]
    if named and chosen != named:
        st.toast("Some of those runs are not here, have no results yet, or are of another dataset.", icon=":material/info:")
    if not named:
        chosen = [one.row.id for one in offered[dataset][:2]]
    colours = _offered_colours(chosen, page_state)
    changes = {
        "dataset": dataset,
        "runs": ",".join(chosen),
        "colour": page_state.colour if page_state.colour in colours else colours[0],
        "methods": ",".join(_valid_methods(page_state, run_of(chosen[0]))) if len(chosen) == 1 else page_state.methods,
    }
    return page_state if all(getattr(page_state, name) == value for name, value in changes.items()) else state.update(page_state, **changes)


def draw_choices(page_state: CompareState, offered: dict[str, list[ListedRun]]) -> None:
    """Draw the lists of datasets, runs, maps of a single run, and colours."""
    chosen = ids_of(page_state.runs)
    titles = {one.row.id: one.row.name for one in offered[page_state.dataset]}
    bound = state.bound(CompareState, "dataset") | {"on_change": _open}
    st.selectbox("Dataset", list(offered), format_func=lambda dataset: offered[dataset][0].dataset, width=180, **bound)
    state.put({_RUNS: chosen})
    st.multiselect(
        f"Runs, up to {MAX_RUNS}",
        list(titles),
        format_func=titles.__getitem__,
        max_selections=MAX_RUNS,
        key=_RUNS,
        on_change=_choose,
        placeholder="One for two of its maps, or several",
    )
    if len(chosen) == 1:
        _draw_methods(page_state, run_of(chosen[0]))
    st.selectbox("Colour", _offered_colours(chosen, page_state), width=150, **state.bound(CompareState, "colour"))


def _offered_colours(chosen: Sequence[str], page_state: CompareState) -> list[str]:
    return [*offered_colourings(run_of(chosen[0])), OVERLAP] if chosen else [page_state.colour]


def _valid_methods(page_state: CompareState, run: Run) -> list[str]:
    """Two projections of one run: those that the state names, else the first quick one and UMAP."""
    offered = [method.name for method in available_methods(run, 2)]
    named = [name for name in page_state.methods.split(",") if name in offered]
    return named if len(named) == 2 else [offered[0], "umap"]


def _draw_methods(page_state: CompareState, run: Run) -> None:
    titles = {method.name: method.title for method in available_methods(run, 2)}
    for key, title, name in zip(_METHODS, ("Map A", "Map B"), page_state.methods.split(","), strict=True):
        state.put({key: name})
        st.selectbox(title, list(titles), format_func=titles.__getitem__, width=130, key=key, on_change=_change_methods)


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
    page_state = state.current(CompareState)
    state.update(page_state, runs=",".join(state.setdefault(_RUNS, [])))
