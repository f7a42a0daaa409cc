"""The list of all runs."""

from typing import Any

import pandas as pd
import streamlit as st

from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import DataState, RunsState, TrainState
from aeexplorer.ui.session.workspace import ListedRun

KEY = "runs.table"
MOST_CHOSEN = 10
"""Rows that are taken of a choice; so many ids fit the address."""
MANY, TALL = 18, 640
"""A list of more runs scrolls, in so many pixels."""


def choose_runs(page_state: RunsState, listed: list[ListedRun]) -> list[ListedRun]:
    """A table to choose runs in; those that are chosen."""
    if not listed:
        st.subheader("No run yet")
        with st.container(horizontal=True):
            if st.button("Train one", type="primary", icon=":material/model_training:", key="runs.train"):
                state.visit(TrainState)
            if st.button("Bring your data", icon=":material/upload:", key="runs.data"):
                state.visit(DataState)
        return []
    ids = [one.row.id for one in listed]
    chosen = [run for run in (page_state.several.split(",") if page_state.several else [page_state.run]) if run in ids]
    st.dataframe(
        pd.DataFrame([_row(one) for one in listed]),
        hide_index=True,
        height="content" if len(listed) <= MANY else TALL,
        key=KEY,
        on_select=lambda: _choose(ids),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [ids.index(run) for run in chosen]}},
        column_config={
            "test error": st.column_config.NumberColumn(format="%.5f", help="Mean squared error over the test split"),
            "created": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
        },
    )
    return [one for one in listed if one.row.id in chosen]


def _row(one: ListedRun) -> dict[str, Any]:
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
    rows = state.setdefault(KEY, {"selection": {"rows": []}})["selection"]["rows"]
    chosen = [ids[row] for row in rows[:MOST_CHOSEN]]
    one = chosen[0] if len(chosen) == 1 else ""
    state.update(state.current(RunsState), run=one, several=",".join(chosen) if len(chosen) > 1 else "")
