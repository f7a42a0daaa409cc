"""Choice of what to compare: a dataset, up to four of its runs or two maps of one run, and the colour of the maps."""

from collections.abc import Sequence

import streamlit as st

from aeexplorer.analysis.maps.projection import available_methods
from aeexplorer.analysis.runs.comparison import MAX_RUNS
from aeexplorer.analysis.samples.colouring import offered_colourings
from aeexplorer.training.run import Run
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import CompareState, TrainState
from aeexplorer.ui.session.workspace import ListedRun, is_run, run_of

_RUNS, _METHODS = "compare.chosen", ("compare.method A", "compare.method B")
OVERLAP = "neighbour overlap"
"""Colouring by how many of each sample's neighbours two maps have in common."""
LETTERS = "ABCD"
"""Names of the runs on the page, in order."""


def comparable_runs(listed: Sequence[ListedRun]) -> dict[str, list[ListedRun]]:
    """Return the finished runs, newest first, by the id of their dataset. Datasets with several runs come first."""
    runs: dict[str, list[ListedRun]] = {}
    for run in listed:
        if run.run.finished:
            runs.setdefault(run.row.dataset, []).append(run)
    return dict(sorted(runs.items(), key=lambda item: len(item[1]) < 2))


def split_ids(text: str) -> list[str]:
    """Split run ids joined by commas into a list without duplicates."""
    return list(dict.fromkeys(filter(None, text.split(","))))


def are_all_gone(page_state: CompareState) -> bool:
    """Return whether the state names runs and none of them exists any more."""
    named = split_ids(page_state.runs)
    return bool(named) and not any(map(is_run, named))


def valid_state(page_state: CompareState, offered: dict[str, list[ListedRun]]) -> CompareState:
    """Return the state with a dataset, runs, maps and a colour that are offered. A state without runs gets the two newest."""
    by_id = {run.row.id: run for runs in offered.values() for run in runs}
    named = split_ids(page_state.runs)
    existing = [run for run in named if run in by_id]
    if existing:
        dataset = by_id[existing[0]].row.dataset
    else:
        dataset = page_state.dataset if page_state.dataset in offered else next(iter(offered))
    chosen = [run for run in existing if by_id[run].row.dataset == dataset][:MAX_RUNS]
    if named and chosen != named:
        st.toast("Some of these runs do not exist, have no results yet, or belong to another dataset.", icon=":material/info:")
    if not named:
        chosen = [run.row.id for run in offered[dataset][:2]]
    colours = _offered_colours(chosen, page_state)
    changes = {
        "dataset": dataset,
        "runs": ",".join(chosen),
        "colour": page_state.colour if page_state.colour in colours else colours[0],
        "methods": ",".join(_valid_methods(page_state, run_of(chosen[0]))) if len(chosen) == 1 else page_state.methods,
    }
    is_valid = all(getattr(page_state, name) == value for name, value in changes.items())
    return page_state if is_valid else state.update(page_state, **changes)


def draw_choices(page_state: CompareState, offered: dict[str, list[ListedRun]]) -> None:
    """Draw the lists of datasets, runs, maps of a single run, and colours."""
    chosen = split_ids(page_state.runs)
    titles = {run.row.id: run.row.name for run in offered[page_state.dataset]}
    bound = state.bound(CompareState, "dataset") | {"on_change": _change_dataset}
    st.selectbox("Dataset", list(offered), format_func=lambda dataset: offered[dataset][0].dataset, width=180, **bound)
    state.put({_RUNS: chosen})
    st.multiselect(
        f"Runs, up to {MAX_RUNS}",
        list(titles),
        format_func=titles.__getitem__,
        max_selections=MAX_RUNS,
        key=_RUNS,
        on_change=_change_runs,
        placeholder="One run for two of its maps, or several runs",
    )
    if len(chosen) == 1:
        _draw_methods(page_state, run_of(chosen[0]))
    st.selectbox("Colour", _offered_colours(chosen, page_state), width=150, **state.bound(CompareState, "colour"))


def _offered_colours(chosen: Sequence[str], page_state: CompareState) -> list[str]:
    return [*offered_colourings(run_of(chosen[0])), OVERLAP] if chosen else [page_state.colour]


def _valid_methods(page_state: CompareState, run: Run) -> list[str]:
    """Return two projections of a run: those that the state names, or else the first quick one and UMAP."""
    offered = [method.name for method in available_methods(run, 2)]
    named = [name for name in page_state.methods.split(",") if name in offered]
    return named if len(named) == 2 else [offered[0], "umap"]


def _draw_methods(page_state: CompareState, run: Run) -> None:
    titles = {method.name: method.title for method in available_methods(run, 2)}
    for key, title, name in zip(_METHODS, ("Map A", "Map B"), page_state.methods.split(","), strict=True):
        state.put({key: name})
        st.selectbox(title, list(titles), format_func=titles.__getitem__, width=130, key=key, on_change=_change_methods)


def show_empty(listed: Sequence[ListedRun]) -> None:
    """Explain what to do when no run has results yet."""
    finished = [run for run in listed if run.run.finished]
    with st.container(horizontal_alignment="center", vertical_alignment="center", height="stretch"):
        st.space("large")
        st.subheader("Nothing to compare yet")
        st.markdown("Train a run to see two of its maps side by side. Train a second run with other settings to compare the two.")
        if st.button("Train", type="primary", icon=":material/model_training:", key="compare.train"):
            state.visit(TrainState, dataset=finished[0].row.dataset if finished else "")


def _change_methods() -> None:
    state.update(state.current(CompareState), methods=",".join(state.get(key, "") for key in _METHODS))


def _change_dataset() -> None:
    state.update(CompareState(), dataset=state.setdefault(f"{CompareState.page}.dataset", ""))


def _change_runs() -> None:
    page_state = state.current(CompareState)
    state.update(page_state, runs=",".join(state.setdefault(_RUNS, [])))
