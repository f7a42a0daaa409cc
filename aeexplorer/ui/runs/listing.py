"""The list of all runs."""

from typing import Any

import pandas as pd
import streamlit as st

from aeexplorer.ui import state
from aeexplorer.ui.state import DataState, RunsState, TrainState
from aeexplorer.ui.stored import Listed

KEY = "runs.table"
MANY, TALL = 18, 640
"""A list of more runs scrolls, in so many pixels."""


def choose_run(shown: RunsState, listed: list[Listed]) -> Listed | None:
    """A table to choose one run in; None where none is chosen."""
    if not listed:
        st.subheader("No run yet")
        with st.container(horizontal=True):
            if st.button("Train one", type="primary", icon=":material/model_training:", key="runs.train"):
                state.visit(TrainState)
            if st.button("Bring your data", icon=":material/upload:", key="runs.data"):
                state.visit(DataState)
        return None
    ids = [one.row.id for one in listed]
    st.dataframe(
        pd.DataFrame([_row(one) for one in listed]),
        hide_index=True,
        height="content" if len(listed) <= MANY else TALL,
        key=KEY,
        on_select=lambda: _choose(ids),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [ids.index(shown.run)] if shown.run in ids else []}},
        column_config={
            "test error": st.column_config.NumberColumn(format="%.5f", help="Mean squared error over the test split"),
            "created": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
        },
    )
    return next((one for one in listed if one.row.id == shown.run), None)


def _row(one: Listed) -> dict[str, Any]:
    run = one.run
    error = run.metrics.get("test", {}).get("mse") if run.finished else None
    return {
        "name": one.row.name,
        "dataset": one.dataset,
        "preset": run.record["preset"],
        "state": one.status.state,
        "test error": error,
        "created": pd.Timestamp(run.record["created"], unit="s", tz="UTC").tz_convert(st.context.timezone or "UTC"),
    }


def _choose(ids: list[str]) -> None:
    rows = state.keep(KEY, {"selection": {"rows": []}})["selection"]["rows"]
    state.update(state.current(RunsState), run=ids[rows[0]] if rows else "")
