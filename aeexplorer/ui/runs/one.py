"""One run of the list: its figures, and what can be done with it."""

import tempfile
from functools import partial
from pathlib import Path

import streamlit as st

from aeexplorer.analysis.runs.comparison import MAX_RUNS
from aeexplorer.exchange.formats import FORMATS, Format
from aeexplorer.training.folds import finished_folds, spread
from aeexplorer.training.run import Run, remove_run
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import CompareState, ExploreState, RunsState, TrainState
from aeexplorer.ui.session.workspace import ListedRun, catalogue, run_of, workspace
from aeexplorer.ui.train.results import show_results


def show_run(page_state: RunsState, one: ListedRun) -> None:
    """The run's figures and its buttons."""
    run = run_of(one.row.id)
    st.subheader(escape(run.name))
    st.caption(f"{run.id} · {escape(one.dataset)} · {one.status.message}")
    with st.container(horizontal=True):
        if run.finished and st.button("Explore", type="primary", icon=":material/bubble_chart:", key="runs.explore"):
            state.visit(ExploreState, run=run.id)
        if st.button("Training", icon=":material/monitoring:", key="runs.watch"):
            state.visit(TrainState, run=run.id)
        if run.finished:
            with st.popover("Download", icon=":material/download:"):
                downloads(run)
        _remove(page_state, one)
    if run.finished:
        show_results(run)
    if run.config.folds > 1:
        _folds(run)
    with st.expander("Settings", icon=":material/tune:"):
        st.dataframe(
            {path: str(value) for path, value in run.config.effective_settings().items() if path != "dataset"},
            column_config={"value": "value"},
        )


def _folds(run: Run) -> None:
    """What the folds of a cross-validation come to together, and a way to see them side by side."""
    done = finished_folds(run)
    st.markdown(f"**Fold {run.config.fold + 1} of {run.config.folds}**, {len(done)} finished")
    if not done:
        return
    row = st.container(horizontal=True, gap="large")
    for split in ("validation", "test"):
        if split in done[0].metrics:
            row.metric(f"Mean squared error, {split}, over the folds", str(spread(done, split)), width="content")
    if len(done) > 1 and st.button("Compare the folds", icon=":material/compare:", key="runs.folds"):
        state.visit(CompareState, dataset=run.config.dataset, runs=",".join(one.id for one in done[:MAX_RUNS]))


def downloads(run: Run) -> None:
    """A button for each format; the file is made when it is asked for."""
    for form in FORMATS.values():
        st.download_button(
            form.title,
            partial(written, form, run),
            f"{run.id}{form.ending}",
            on_click="ignore",
            icon=":material/download:",
            key=f"runs.export.{form.name}",
            help=form.help,
        )


def written(form: Format, run: Run) -> bytes:
    """The run as a file of that format."""
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder:
        return form.write(run, Path(folder) / f"run{form.ending}").read_bytes()


def _remove(page_state: RunsState, one: ListedRun) -> None:
    with st.popover("Remove", icon=":material/delete:", type="tertiary"), show_errors():
        if one.status.active:
            st.markdown("It is being trained, or waits for it. Cancel it first, under Training.")
            return
        st.markdown(f"Remove **{escape(one.row.name)}** for good? Its dataset stays.")
        if st.button("Remove it", type="primary", key="runs.remove"):
            remove_run(workspace(), one.row.id)
            catalogue().remove(one.row.id)
            state.update(page_state, run="")
            st.rerun()
