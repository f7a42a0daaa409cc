"""The training as curves: each named loss, and the reconstruction error with PCA's beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aeexplorer.training.run import Run
from aeexplorer.views.base import LinkedFigure, View
from aeexplorer.views.palette import OTHER, colour_of

POINTS = 1_000
"""Most points a curve; of more, evenly chosen ones."""


def training_curves(history: Sequence[Mapping[str, Any]], pca_mse: float | None = None, squares: bool = True) -> LinkedFigure:
    """Draw the curves.

    Parameters
    ----------
    history
        Progress events: ``epoch``, ``losses`` (nats a sample, by name; a term that stands alone is the ``loss`` itself)
        and ``metrics`` (``mse`` and, at the end of an epoch, ``validation_loss`` and ``validation_mse``).
    pca_mse
        PCA's error on the test split, as a line; none where not known.
    squares
        Whether the squared error is drawn beside the losses; of texts it says little, and their loss is a cross-entropy.
    """
    figure = make_subplots(rows=1, cols=1 + squares, horizontal_spacing=0.16)
    terms = sorted({name for event in history for name in event["losses"]} - {"loss"}, reverse=True)
    draw_curve(figure, 1, "loss", points_of(history, "losses", "loss"), colour_of(0))
    draw_curve(figure, 1, "loss, validation", points_of(history, "metrics", "validation_loss"), colour_of(0), "dash")
    for i, name in enumerate(terms if len(terms) > 1 else [], 1):
        draw_curve(figure, 1, name, points_of(history, "losses", name), colour_of(i))
    figure.update_xaxes(title_text="epoch", rangemode="tozero")
    alone = not squares and len(terms) <= 1
    figure.update_yaxes(title_text="cross-entropy, nats a sample" if alone else "loss, nats a sample", row=1, col=1)
    if squares:
        _draw_squares(figure, history, pca_mse)
    figure.update_layout(
        title_text="Training",
        hovermode="x unified",
        uirevision="training",
        showlegend=True,
        legend={"orientation": "h", "y": -0.25},
    )
    return LinkedFigure(figure, (), hover=False)


def _draw_squares(figure: go.Figure, history: Sequence[Mapping[str, Any]], pca_mse: float | None) -> None:
    """The squared error in the second column, PCA's as a line."""
    draw_curve(figure, 2, "error", points_of(history, "metrics", "mse"), colour_of(5))
    draw_curve(figure, 2, "error, validation", points_of(history, "metrics", "validation_mse"), colour_of(5), "dash")
    if pca_mse and history:
        draw_curve(figure, 2, "PCA, test", np.array([(0, pca_mse), (history[-1]["epoch"], pca_mse)], np.float32), OTHER, "dot")
    figure.update_yaxes(title_text="mean squared error", type="log", tickformat="~g", nticks=3, row=1, col=2)


def build(run: Run, ids: np.ndarray | None = None) -> LinkedFigure:
    """The curves of a run so far; they do not depend on which samples are shown."""
    pca_mse = run.metrics["pca"]["mse"] if run.finished else None
    return training_curves(run.history(), pca_mse, squares=not run.dataset.of_texts)


def points_of(history: Sequence[Mapping[str, Any]], group: str, key: str) -> np.ndarray:
    """Epoch and value wherever the history knows it: ``(m, 2)``."""
    return np.array([(event["epoch"], event[group][key]) for event in history if key in event[group]], np.float32).reshape(-1, 2)


def draw_curve(figure: go.Figure, column: int, name: str, points: np.ndarray, colour: str, dash: str = "solid") -> None:
    """Add a curve of points ``(m, 2)`` to one of the figure's columns; nothing where there is none."""
    if not len(points):
        return
    x, y = points[np.unique(np.linspace(0, len(points) - 1, POINTS).round().astype(int))].T
    style = {"line": {"color": colour, "dash": dash, "width": 1.5}, "mode": "lines+markers" if len(x) == 1 else "lines"}
    figure.add_trace(go.Scatter(x=x, y=y, name=name, hovertemplate="%{y:.4g}", **style), row=1, col=column)


VIEW = View(
    name="training_curves",
    title="Training",
    help="Each loss by name and the reconstruction error, on training and validation samples, while the training went on.",
    needs=frozenset({"history"}),
    build=build,
)
