"""The trials of a search as a table, from which the run of each trial can be opened."""

from typing import Any

import pandas as pd
import streamlit as st

from aeexplorer.jobs import status
from aeexplorer.training.search.search import Search, Trial
from aeexplorer.ui.search.objective import objective_title
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState, TrainState
from aeexplorer.views.labels import display_name

MAX_FULL_ROWS, TABLE_HEIGHT = 11, 420
"""Trials up to which the whole table is shown; a longer table scrolls in this height, in pixels."""


def draw_trials(search: Search) -> None:
    """Draw the table, and buttons that open the run of the chosen trial."""
    trials = search.trials()
    if not trials:
        st.markdown(":gray[The first trial is about to be queued.]")
        return
    ranks = {trial.number: rank for rank, (_, trial) in enumerate(search.ranked(), 1)}
    table = pd.DataFrame([_row(search, trial, ranks) for trial in trials])
    formats = {
        name: st.column_config.NumberColumn(format="%.5g") for name in table.select_dtypes("float").columns if name != "rank"
    }
    chosen = st.dataframe(
        table,
        hide_index=True,
        height="content" if len(trials) <= MAX_FULL_ROWS else TABLE_HEIGHT,
        key=f"search.trials.{search.id}",
        on_select="rerun",
        selection_mode="single-row",
        column_config=formats,
    )["selection"]["rows"]
    if not chosen or chosen[0] >= len(trials):
        st.caption("Choose a trial to open its run.")
        return
    run = search.run(trials[chosen[0]])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Trial {chosen[0] + 1}", width="content")
        if run.finished and st.button("Explore", icon=":material/bubble_chart:", key="search.explore"):
            state.visit(ExploreState, run=run.id)
        if run.folder.exists() and st.button("Training", icon=":material/monitoring:", key="search.watch"):
            state.visit(TrainState, run=run.id)


def _row(search: Search, trial: Trial, ranks: dict[int, int]) -> dict[str, Any]:
    curve = search.curve(trial)
    value = search.value(trial)
    has_run = (search.run(trial).folder / "run.json").exists()
    return {
        "trial": trial.number + 1,
        "rank": ranks.get(trial.number),
        "state": trial.end or (status(search.run(trial)).state if has_run else "removed"),
        **{display_name(path): setting for path, setting in trial.values.items()},
        objective_title(search): value if value is not None else curve[max(curve)] if curve else None,
        "epochs": max(curve, default=0),
    }
