"""The trainings of several runs in one figure: a colour a run, validation dashed."""

from collections.abc import Mapping, Sequence
from typing import Any

from plotly.subplots import make_subplots

from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.charts.training_curves import draw_curve, points_of
from aeexplorer.views.maps.points import plain
from aeexplorer.views.palette import colour_of

History = Sequence[Mapping[str, Any]]


def compared_curves(histories: Mapping[str, History], squares: bool = True) -> LinkedFigure:
    """Draw the loss and the error of several runs.

    Parameters
    ----------
    histories
        Progress events, as `aeexplorer.views.charts.training_curves.training_curves` takes them, by what each run is called.
    squares
        Whether the squared error is drawn beside the loss.
    """
    figure = make_subplots(rows=1, cols=1 + squares, horizontal_spacing=0.16)
    kinds = ((1, "losses", "loss", "validation_loss"), (2, "metrics", "mse", "validation_mse"))[: 1 + squares]
    for i, (name, history) in enumerate(histories.items()):
        colour, shown = colour_of(i), plain(name)
        for column, group, key, validation in kinds:
            before = len(figure.data)
            draw_curve(figure, column, shown, points_of(history, group, key), colour)
            draw_curve(figure, column, f"{shown}, validation", points_of(history, "metrics", validation), colour, "dash")
            for trace in figure.data[before:]:
                trace.legendgroup = name
                trace.showlegend = column == 1 and trace.line.dash == "solid"
    figure.update_xaxes(title_text="epoch", rangemode="tozero")
    figure.update_yaxes(title_text="loss, nats a sample", row=1, col=1)
    if squares:
        figure.update_yaxes(title_text="mean squared error", type="log", tickformat="~g", nticks=3, row=1, col=2)
    figure.update_layout(
        title_text="Trainings", hovermode="x unified", uirevision="trainings", legend={"orientation": "h", "y": -0.25}
    )
    return LinkedFigure(figure, (), hover=False, caption="Solid: training. Dashed: validation.")
