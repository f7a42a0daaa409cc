"""The metrics of the runs and of PCA, their training curves, and the settings in which the runs differ."""

import pandas as pd
import streamlit as st

from aeexplorer.analysis.runs.comparison import differing_settings, metrics_of
from aeexplorer.analysis.runs.judgement import run_error_title
from aeexplorer.training.folds import finished_folds, spread
from aeexplorer.training.run import Run
from aeexplorer.ui.compare.choose import LETTERS
from aeexplorer.ui.components.linked import linked_chart
from aeexplorer.ui.session.page_states import CompareState
from aeexplorer.ui.session.selection import Selection
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.charts.compared_curves import compared_curves
from aeexplorer.views.labels import display_name

CURVES_HEIGHT, TABLE_HEIGHT = 250, 352
MAX_FULL_ROWS = 9
"""Rows up to which the whole table of metrics is shown; a longer table scrolls."""


def draw_figures(runs: list[Run]) -> None:
    """Draw a column for each run: its error, that of PCA with a code of the same size, and its other metrics."""
    metrics = {letter: metrics_of(run) for letter, run in zip(LETTERS, runs, strict=False)}
    judgements = {letter: values.judgement for letter, values in metrics.items()}
    title = run_error_title(runs[0])
    rows: dict[str, dict[str, str]] = {
        title: {letter: _format_error(values.error) for letter, values in metrics.items()},
        "PCA of the same size": {letter: _format_error(values.pca_error) for letter, values in metrics.items()},
    }
    for other in dict.fromkeys(judgement.title for judgement in judgements.values() if judgement.title != title):
        rows[other] = {letter: j.value_text if j.title == other else "–" for letter, j in judgements.items()}
        rows[f"{other}: PCA"] = {letter: j.pca_text if j.title == other else "–" for letter, j in judgements.items()}
    rows["Compared with PCA"] = {letter: judgement.words or "–" for letter, judgement in judgements.items()}
    if any(run.config.folds > 1 for run in runs):
        rows["Mean ± spread over its folds"] = {
            letter: _over_folds(run, judgements[letter].split) for letter, run in zip(metrics, runs, strict=True)
        }
    for name in dict.fromkeys(name for values in metrics.values() for name in values.others):
        rows[display_name(name)] = {letter: _format_number(values.others.get(name)) for letter, values in metrics.items()}
    splits = ", ".join(dict.fromkeys(judgement.split for judgement in judgements.values()))
    st.markdown(f"**Metrics over the {splits} split**")
    st.dataframe(pd.DataFrame(rows).T, height="content" if len(rows) <= MAX_FULL_ROWS else TABLE_HEIGHT)


def draw_differences(runs: list[Run]) -> None:
    """Draw a table of the settings that differ between the runs."""
    settings = differing_settings([run.config for run in runs])
    st.markdown("**Settings that differ**")
    if not settings:
        st.markdown(":gray[All settings are the same.]")
        return
    table = {
        path: {letter: "–" if value is None else str(value) for letter, value in zip(LETTERS, values, strict=False)}
        for path, values in settings.items()
    }
    st.dataframe(pd.DataFrame(table).T)


def draw_curves(runs: list[Run]) -> None:
    """Draw the training curves of all runs in one figure."""
    st.markdown("**Training curves**")
    figure = _curves(tuple((run.id, _events_size(run)) for run in runs), runs)
    linked_chart(
        figure,
        key="compare-curves",
        run=runs[0].id,
        height=CURVES_HEIGHT,
        selection=Selection(),
        page=f"{CompareState.page}-curves",
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _curves(key: tuple[tuple[str, int], ...], _runs: list[Run]) -> LinkedFigure:
    histories = {letter: run.history() for letter, run in zip(LETTERS, _runs, strict=False)}
    return compared_curves(histories, squares=not _runs[0].dataset.of_texts)


def _events_size(run: Run) -> int:
    events = run.folder / "events.jsonl"
    return events.stat().st_size if events.exists() else 0


def _over_folds(run: Run, split: str) -> str:
    """Return mean, spread and number of the finished folds, ``0.01234 ± 0.00056 (5)``, or a dash for a run without folds."""
    if run.config.folds == 1:
        return "–"
    folds = spread(finished_folds(run), split)
    return f"{folds} ({folds.n})"


def _format_error(error: float | None) -> str:
    return "–" if error is None else f"{error:.5f}"


def _format_number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
