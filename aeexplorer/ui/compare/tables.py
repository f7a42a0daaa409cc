"""The runs' figures beside PCA's, their trainings, and the settings in which they differ."""

import pandas as pd
import streamlit as st

from aeexplorer.analysis.runs.comparison import differing_settings, metrics_of
from aeexplorer.training.folds import finished_folds, spread
from aeexplorer.training.run import Run
from aeexplorer.ui.compare.choose import LETTERS
from aeexplorer.ui.components.linked import linked_chart
from aeexplorer.ui.parts.widgets import label
from aeexplorer.ui.session.page_states import CompareState
from aeexplorer.ui.session.selection import Selection
from aeexplorer.ui.train.results import beside_pca
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.charts.compared_curves import compared_curves

CURVES = 250


def draw_figures(runs: list[Run]) -> None:
    """A column a run: its error, that of PCA with a code of the same size, and whatever else was measured."""
    found = {letter: metrics_of(run) for letter, run in zip(LETTERS, runs, strict=False)}
    rows: dict[str, dict[str, str]] = {
        "Mean squared error": {at: f"{one.mse:.5f}" for at, one in found.items()},
        "PCA of the same size": {at: f"{one.pca:.5f}" for at, one in found.items()},
        "Beside PCA": {at: beside_pca(one.mse, one.pca)[0] or "–" for at, one in found.items()},
    }
    if any(run.config.folds > 1 for run in runs):
        rows["Mean ± spread over its folds"] = {
            at: _over_folds(run, found[at].split) for at, run in zip(found, runs, strict=True)
        }
    for name in dict.fromkeys(name for one in found.values() for name in one.others):
        rows[label(name)] = {at: _number(one.others.get(name)) for at, one in found.items()}
    splits = ", ".join(dict.fromkeys(one.split for one in found.values()))
    st.markdown(f"**Figures over the {splits} split**")
    st.dataframe(pd.DataFrame(rows).T, height="content" if len(rows) <= 9 else 352)


def draw_differences(runs: list[Run]) -> None:
    """Only the settings that are not the same in all runs."""
    found = differing_settings([run.config for run in runs])
    st.markdown("**What differs in the settings**")
    if not found:
        st.markdown(":gray[Nothing.]")
        return
    table = {path: {at: _said(value) for at, value in zip(LETTERS, values, strict=False)} for path, values in found.items()}
    st.dataframe(pd.DataFrame(table).T)


def draw_curves(runs: list[Run]) -> None:
    """The trainings in one figure."""
    st.markdown("**Trainings**")
    figure = _curves(tuple((run.id, _size(run)) for run in runs), runs)
    linked_chart(
        figure, key="compare-curves", run=runs[0].id, height=CURVES, selection=Selection(), page=f"{CompareState.page}-curves"
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _curves(key: tuple[tuple[str, int], ...], _runs: list[Run]) -> LinkedFigure:
    histories = {letter: run.history() for letter, run in zip(LETTERS, _runs, strict=False)}
    return compared_curves(histories, squares=not _runs[0].dataset.is_text)


def _size(run: Run) -> int:
    events = run.folder / "events.jsonl"
    return events.stat().st_size if events.exists() else 0


def _over_folds(run: Run, split: str) -> str:
    """``0.01234 ± 0.00056 (5)``; a dash for a run that is no fold."""
    if run.config.folds == 1:
        return "–"
    found = spread(finished_folds(run), split)
    return f"{found} ({found.n})"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _said(value: object) -> str:
    return "–" if value is None else str(value)
