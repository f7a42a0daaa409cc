"""One run of the table: its metrics and settings, and what can be done with it."""

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


def show_run(page_state: RunsState, listed: ListedRun) -> None:
    """Draw the run's buttons, metrics and settings."""
    run = run_of(listed.row.id)
    st.subheader(escape(run.name))
    st.caption(f"{run.id} · {escape(listed.dataset)} · {listed.status.message}")
    with st.container(horizontal=True):
        if run.finished and st.button("Explore", type="primary", icon=":material/bubble_chart:", key="runs.explore"):
            state.visit(ExploreState, run=run.id)
        if st.button("Training", icon=":material/monitoring:", key="runs.watch"):
            state.visit(TrainState, run=run.id)
        if run.finished:
            with st.popover("Download", icon=":material/download:"):
                draw_downloads(run)
        _draw_remove(page_state, listed)
    if run.finished:
        show_results(run)
    if run.config.folds > 1:
        _draw_folds(run)
    with st.expander("Settings", icon=":material/tune:"):
        st.dataframe(
            {path: str(value) for path, value in run.config.effective_settings().items() if path != "dataset"},
            column_config={"value": "value"},
        )


def _draw_folds(run: Run) -> None:
    """Draw the error over the folds of a cross-validation, and a button that compares the folds."""
    folds = finished_folds(run)
    st.markdown(f"**Fold {run.config.fold + 1} of {run.config.folds}**, {len(folds)} finished")
    if not folds:
        return
    row = st.container(horizontal=True, gap="large")
    for split in ("validation", "test"):
        if split in folds[0].metrics:
            row.metric(f"Mean squared error, {split}, over the folds", str(spread(folds, split)), width="content")
    if len(folds) > 1 and st.button("Compare the folds", icon=":material/compare:", key="runs.folds"):
        state.visit(CompareState, dataset=run.config.dataset, runs=",".join(fold.id for fold in folds[:MAX_RUNS]))


def draw_downloads(run: Run) -> None:
    """Draw a download button for each format. The file is written when the button is clicked."""
    for file_format in FORMATS.values():
        st.download_button(
            file_format.title,
            partial(file_content, file_format, run),
            f"{run.id}{file_format.ending}",
            on_click="ignore",
            icon=":material/download:",
            key=f"runs.export.{file_format.name}",
            help=file_format.help,
        )


def file_content(file_format: Format, run: Run) -> bytes:
    """Return the content of the run's file in a format."""
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder:
        return file_format.write(run, Path(folder) / f"run{file_format.ending}").read_bytes()


def remove_stored_run(run_id: str) -> None:
    """Delete a run, also a damaged one, and its row in the catalogue. Raises `UserError` if it is being trained."""
    remove_run(workspace(), run_id)
    catalogue().remove(run_id)


def _draw_remove(page_state: RunsState, listed: ListedRun) -> None:
    with st.popover("Remove", icon=":material/delete:", type="tertiary"), show_errors():
        if listed.status.active:
            st.markdown("The run is in training or waits for it. Cancel it first under Training.")
            return
        st.markdown(f"Remove **{escape(listed.row.name)}** for good? The dataset stays.")
        if st.button("Remove it", type="primary", key="runs.remove"):
            remove_stored_run(listed.row.id)
            state.update(page_state, run="")
            st.rerun()
