"""Training curves of several runs in one figure: one colour for each run, dashed lines for validation."""

from collections.abc import Mapping, Sequence
from typing import Any

from plotly.subplots import make_subplots

from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.charts.training_curves import curve_points, draw_curve
from aeexplorer.views.maps.points import escape_html
from aeexplorer.views.palette import colour_of

History = Sequence[Mapping[str, Any]]


def compared_curves(histories: Mapping[str, History], squares: bool = True) -> LinkedFigure:
    """Draw the loss and the error of several runs.

    Parameters
    ----------
    histories
        Progress events of each run, by the name of the run. See `aeexplorer.views.charts.training_curves.training_curves`.
    squares
        Whether to draw the squared error beside the loss.
    """
    figure = make_subplots(rows=1, cols=1 + squares, horizontal_spacing=0.16)
    curves = ((1, "losses", "loss", "validation_loss"), (2, "metrics", "mse", "validation_mse"))[: 1 + squares]
    for i, (name, history) in enumerate(histories.items()):
        colour, label = colour_of(i), escape_html(name)
        for column, group, key, validation in curves:
            before = len(figure.data)
            draw_curve(figure, column, label, curve_points(history, group, key), colour)
            draw_curve(figure, column, f"{label} (validation)", curve_points(history, "metrics", validation), colour, "dash")
            for trace in figure.data[before:]:
                trace.legendgroup = name
                trace.showlegend = column == 1 and trace.line.dash == "solid"
    figure.update_xaxes(title_text="epoch", rangemode="tozero")
    figure.update_yaxes(title_text="loss (nats per sample)", row=1, col=1)
    if squares:
        figure.update_yaxes(title_text="mean squared error", type="log", tickformat="~g", nticks=3, row=1, col=2)
    figure.update_layout(
        title_text="Training curves", hovermode="x unified", uirevision="trainings", legend={"orientation": "h", "y": -0.25}
    )
    return LinkedFigure(figure, (), hover=False, caption="Solid: training. Dashed: validation.")
