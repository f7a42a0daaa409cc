"""The table of all runs."""

from typing import Any

import pandas as pd
import streamlit as st

from aeexplorer.analysis.runs.judgement import judge
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import DataState, RunsState, TrainState
from aeexplorer.ui.session.workspace import ListedRun

KEY = "runs.table"
MAX_CHOSEN = 10
"""Number of chosen runs whose ids fit into the address. Further chosen rows are ignored."""
MAX_FULL_ROWS, TABLE_HEIGHT = 18, 640
"""Runs up to which the whole table is shown; a longer table scrolls in this height, in pixels."""


def choose_runs(page_state: RunsState, listed: list[ListedRun]) -> list[ListedRun]:
    """Draw a table of the runs and return the chosen ones."""
    if not listed:
        st.subheader("No runs yet")
        with st.container(horizontal=True):
            if st.button("Train a model", type="primary", icon=":material/model_training:", key="runs.train"):
                state.visit(TrainState)
            if st.button("Upload data", icon=":material/upload:", key="runs.data"):
                state.visit(DataState)
        return []
    ids = [run.row.id for run in listed]
    chosen = [run for run in (page_state.several.split(",") if page_state.several else [page_state.run]) if run in ids]
    frame = pd.DataFrame([_row(run) for run in listed])
    st.dataframe(
        frame if frame["±"].notna().any() else frame.drop(columns="±"),
        hide_index=True,
        height="content" if len(listed) <= MAX_FULL_ROWS else TABLE_HEIGHT,
        key=KEY,
        on_select=lambda: _choose(ids),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [ids.index(run) for run in chosen]}},
        column_config={
            "test error": st.column_config.NumberColumn(
                format="%.4g",
                help="Mean error of the test samples: squared for numbers and pixels in [0, 1] units, the share of wrong tokens "
                "for texts. Compare runs of one dataset only",
            ),
            "±": st.column_config.NumberColumn(
                format="%.4g",
                help="Standard error of the test error over the test samples, s / √n, if there are at most 1,000. It does not "
                "contain what another training would change",
            ),
            "beside PCA": st.column_config.TextColumn(help="The run beside PCA of the same size, in the figure that suits it"),
            "created": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
        },
    )
    return [run for run in listed if run.row.id in chosen]


def _row(listed: ListedRun) -> dict[str, Any]:
    run = listed.run
    metrics = run.metrics if run.finished else {}
    return {
        "name": listed.row.name,
        "dataset": listed.dataset,
        "preset": run.record["preset"],
        "state": listed.status.state,
        "test error": metrics.get("test", {}).get("mse"),
        "±": metrics.get("standard_errors", {}).get("test", {}).get("mse"),
        "created": pd.Timestamp(run.record["created"], unit="s", tz="UTC").tz_convert(st.context.timezone or "UTC"),
        "beside PCA": _beside_pca(run) if run.finished else None,
    }


def _beside_pca(run: Run) -> str:
    """Return the comparison with PCA in words; empty if the dataset is gone."""
    try:
        return judge(run).words
    except UserError:
        return ""


def _choose(ids: list[str]) -> None:
    rows = state.setdefault(KEY, {"selection": {"rows": []}})["selection"]["rows"]
    chosen = [ids[row] for row in rows[:MAX_CHOSEN]]
    single = chosen[0] if len(chosen) == 1 else ""
    state.update(state.current(RunsState), run=single, several=",".join(chosen) if len(chosen) > 1 else "")
