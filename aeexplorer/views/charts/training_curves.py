"""Curves of a training: each loss by name, and the reconstruction error with the error of PCA."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aeexplorer.training.run import Run
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.labels import display_name
from aeexplorer.views.palette import OTHER, colour_of

MAX_POINTS = 1_000
"""Points of a curve. Longer curves are thinned out evenly."""


def training_curves(history: Sequence[Mapping[str, Any]], pca_mse: float | None = None, squares: bool = True) -> LinkedFigure:
    """Draw the curves of a training.

    Parameters
    ----------
    history
        Progress events with ``epoch``, ``losses`` (nats per sample, by name; ``loss`` is their sum) and ``metrics`` (``mse``
        and, at the end of an epoch, ``validation_loss`` and ``validation_mse``).
    pca_mse
        Mean squared error of PCA on the test split, drawn as a horizontal line. None draws no line.
    squares
        Whether to draw the squared error beside the losses. It says little about texts, whose loss is a cross-entropy.
    """
    figure = make_subplots(rows=1, cols=1 + squares, horizontal_spacing=0.16)
    terms = sorted({name for event in history for name in event["losses"]} - {"loss"}, reverse=True)
    draw_curve(figure, 1, "Loss", curve_points(history, "losses", "loss"), colour_of(0))
    validation = curve_points(history, "metrics", "validation_loss")
    draw_curve(figure, 1, "Loss (validation)", validation, colour_of(0), "dash")
    for i, name in enumerate(terms if len(terms) > 1 else [], 1):
        draw_curve(figure, 1, display_name(name), curve_points(history, "losses", name), colour_of(i))
    figure.update_xaxes(title_text="epoch", rangemode="tozero")
    is_cross_entropy = not squares and len(terms) <= 1
    quantity = "cross-entropy" if is_cross_entropy else "loss"
    figure.update_yaxes(title_text=f"{quantity} (nats per sample)", row=1, col=1)
    if squares:
        _draw_errors(figure, history, pca_mse)
    figure.update_layout(
        title_text="Training",
        hovermode="x unified",
        uirevision="training",
        showlegend=True,
        legend={"orientation": "h", "y": -0.25},
    )
    return LinkedFigure(figure, (), hover=False)


def _draw_errors(figure: go.Figure, history: Sequence[Mapping[str, Any]], pca_mse: float | None) -> None:
    """Draw the squared error in the second column, and the error of PCA as a line."""
    draw_curve(figure, 2, "Error", curve_points(history, "metrics", "mse"), colour_of(5))
    draw_curve(figure, 2, "Error (validation)", curve_points(history, "metrics", "validation_mse"), colour_of(5), "dash")
    if pca_mse and history:
        line = np.array([(0, pca_mse), (history[-1]["epoch"], pca_mse)], np.float32)
        draw_curve(figure, 2, "PCA (test)", line, OTHER, "dot")
    figure.update_yaxes(title_text="mean squared error", type="log", tickformat="~g", nticks=3, row=1, col=2)


def run_training_curves(run: Run, ids: np.ndarray | None = None) -> LinkedFigure:
    """Draw the curves of a run so far. They do not depend on the sample ids."""
    pca_mse = run.metrics["pca"]["mse"] if run.finished else None
    return training_curves(run.history(), pca_mse, squares=not run.dataset.of_texts)


def curve_points(history: Sequence[Mapping[str, Any]], group: str, key: str) -> np.ndarray:
    """Return epoch and value of each event that has the value, float32 ``(m, 2)``; NaN, a gap in the curve, if not finite."""
    points = np.array([(event["epoch"], event[group][key]) for event in history if key in event[group]], float).reshape(-1, 2)
    points[~(np.abs(points) < np.finfo(np.float32).max)] = np.nan
    return points.astype(np.float32)


def draw_curve(figure: go.Figure, column: int, name: str, points: np.ndarray, colour: str, dash: str = "solid") -> None:
    """Add a curve through points ``(m, 2)`` to a column of the figure, or nothing if there are no points."""
    if not len(points):
        return
    x, y = points[np.unique(np.linspace(0, len(points) - 1, MAX_POINTS).round().astype(int))].T
    style = {"line": {"color": colour, "dash": dash, "width": 1.5}, "mode": "lines+markers" if len(x) == 1 else "lines"}
    figure.add_trace(go.Scatter(x=x, y=y, name=name, hovertemplate="%{y:.4g}", **style), row=1, col=column)
