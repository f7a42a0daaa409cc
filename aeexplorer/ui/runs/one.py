"""One run of the list: its figures, and what can be done with it."""

import tempfile
from pathlib import Path

import streamlit as st

from aeexplorer.training.run import Run, remove_run
from aeexplorer.transfer import export_run
from aeexplorer.ui import state
from aeexplorer.ui.state import ExploreState, RunsState, TrainState
from aeexplorer.ui.stored import Listed, catalogue, run_of, workspace
from aeexplorer.ui.told import told
from aeexplorer.ui.train.results import show_results
from aeexplorer.ui.widgets import escape


def show_run(shown: RunsState, one: Listed) -> None:
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
            look = {"icon": ":material/download:", "key": "runs.export"}
            st.download_button("Run file", lambda: run_file(run), f"{run.id}.aerun", on_click="ignore", **look)
        _remove(shown, one)
    if run.finished:
        show_results(run)
    with st.expander("Settings", icon=":material/tune:"):
        st.dataframe(
            {path: str(value) for path, _, value in run.config.leaves() if path != "dataset"}, column_config={"value": "value"}
        )


def run_file(run: Run) -> bytes:
    """The run and its dataset as one file."""
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder:
        return export_run(run, Path(folder) / "run.aerun").read_bytes()


def _remove(shown: RunsState, one: Listed) -> None:
    with st.popover("Remove", icon=":material/delete:", type="tertiary"), told():
        if one.status.active:
            st.markdown("It is being trained, or waits for it. Cancel it first, under Training.")
            return
        st.markdown(f"Remove **{escape(one.row.name)}** for good? Its dataset stays.")
        if st.button("Remove it", type="primary", key="runs.remove"):
            remove_run(workspace(), one.row.id)
            catalogue().forget(one.row.id)
            state.update(shown, run="")
            st.rerun()
