"""The figures of a search, which are drawn again whenever a trial has ended."""

import math
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aeexplorer.training.search.search import Search, Trial
from aeexplorer.training.search.study import importances
from aeexplorer.ui.search.objective import objective_title
from aeexplorer.views.charts.search_plots import importance_bars, parallel_coordinates, search_history

_PLAIN: dict[str, Any] = {"config": {"displayModeBar": False}}


def draw_figures(search: Search, container: DeltaGenerator) -> None:
    """Draw the history of the objective in `container`; below it, across the page, parallel coordinates and importances."""
    trials = search.trials()
    finished = {trial.number: value for trial in trials if (value := search.value(trial)) is not None}
    ends = {trial.number + 1: curve[max(curve)] for trial in trials if trial.end == "pruned" and (curve := search.curve(trial))}
    stopped = {number: value for number, value in ends.items() if math.isfinite(value)}
    if not finished:
        return
    title = objective_title(search)
    with container:
        history = search_history({number + 1: value for number, value in finished.items()}, stopped, title)
        st.plotly_chart(history, key="search.history", **_PLAIN)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.markdown("**Which values did well together** :gray[one line per trial; dark lines are worse]")
        values = [trial.values for trial in trials if trial.number in finished]
        figure = parallel_coordinates(search.config.space, values, list(finished.values()), title)
        st.plotly_chart(figure, key="search.coordinates", **_PLAIN)
    with right:
        st.markdown("**What mattered** :gray[share of the variance explained]")
        if shares := _importances((search.id, *(trial.number for trial in trials if trial.end)), search, trials):
            st.plotly_chart(importance_bars(shares), key="search.importance", **_PLAIN)
        else:
            st.caption("Available once three trials with different results have finished.")


@st.cache_data(max_entries=64, show_spinner=False)
def _importances(key: tuple[Any, ...], _search: Search, _trials: list[Trial]) -> dict[str, float]:
    return importances(_search, _trials)
