"""The trials of a search as a table; each is a run that can be opened."""

from typing import Any

import pandas as pd
import streamlit as st

from aeexplorer.jobs import status
from aeexplorer.training.search.search import Search, Trial
from aeexplorer.ui.parts.widgets import label
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState, TrainState

TALL, MANY = 420, 11


def draw_trials(search: Search) -> None:
    """The table, and the ways to the trial that is chosen in it."""
    trials = search.trials()
    if not trials:
        st.markdown(":gray[The first trial is about to be queued.]")
        return
    ranks = {trial.number: rank for rank, (_, trial) in enumerate(search.ranked(), 1)}
    table = pd.DataFrame([_row(search, trial, ranks) for trial in trials])
    numbers = {
        name: st.column_config.NumberColumn(format="%.5g") for name in table.select_dtypes("float").columns if name != "rank"
    }
    chosen = st.dataframe(
        table,
        hide_index=True,
        height="content" if len(trials) <= MANY else TALL,
        key=f"search.trials.{search.id}",
        on_select="rerun",
        selection_mode="single-row",
        column_config=numbers,
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
    known = search.value(trial)
    there = (search.run(trial).folder / "run.json").exists()
    return {
        "trial": trial.number + 1,
        "rank": ranks.get(trial.number),
        "state": trial.end or (status(search.run(trial)).state if there else "removed"),
        **{path.rpartition(".")[2].replace("_", " "): value for path, value in trial.values.items()},
        label(search.config.objective): known if known is not None else curve[max(curve)] if curve else None,
        "epochs": max(curve, default=0),
    }
