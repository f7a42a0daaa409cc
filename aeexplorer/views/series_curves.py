"""Series as curves: what was given and what was made of it in one frame, and below what is left over."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aeexplorer.data.dataset import Field
from aeexplorer.views.palette import OTHER, colour_of

MOST = 3
"""Samples drawn, side by side."""
CHANNELS = 6
"""Channels drawn, the first ones."""
HEIGHT, RESIDUAL = 230, 90
_DASHES = ("solid", "dash", "dot")


def series_curves(field: Field, samples: Mapping[str, np.ndarray], titles: list[str]) -> go.Figure:
    """One frame a sample: a colour a channel, a dash a kind of sample; a band of residuals where there are reconstructions.

    Parameters
    ----------
    field
        A field of series.
    samples
        Stored series ``(m, steps, channels)`` by what they are (Input, Reconstruction, …).
    titles
        What stands above each frame, one a sample that is drawn.
    """
    count = len(titles)
    residual = samples["Reconstruction"] - samples["Input"] if {"Input", "Reconstruction"} <= set(samples) else None
    rows = 1 if residual is None else 2
    heights = [1.0] if residual is None else [HEIGHT / (HEIGHT + RESIDUAL), RESIDUAL / (HEIGHT + RESIDUAL)]
    figure = make_subplots(
        rows, count, subplot_titles=titles, shared_xaxes=True, row_heights=heights, vertical_spacing=0.09, horizontal_spacing=0.05
    )
    names = [str(c["name"]) for c in field.meta["columns"]][:CHANNELS]
    for column in range(count):
        for channel, name in enumerate(names):
            for kind, (what, drawn) in enumerate(samples.items()):
                line = {"color": colour_of(channel), "dash": _DASHES[kind % len(_DASHES)], "width": 1.6}
                label = f"{name}, {what.lower()}" if len(samples) > 1 else name
                figure.add_trace(_line(drawn[column, :, channel], label, line, column == 0), 1, column + 1)
            if residual is not None:
                line = {"color": colour_of(channel), "width": 1}
                figure.add_trace(_line(residual[column, :, channel], f"{name}, residual", line, False), 2, column + 1)
        if residual is not None:
            figure.add_hline(0, line={"color": OTHER, "width": 1}, row=2, col=column + 1)
    figure.update_xaxes(title="step", row=rows)
    if residual is not None:
        figure.update_yaxes(title="residual", row=2, col=1)
    figure.update_layout(
        height=HEIGHT + (rows - 1) * RESIDUAL,
        margin={"l": 0, "r": 0, "t": 60, "b": 0},
        legend={"orientation": "h", "y": 1.14, "yanchor": "bottom"},
        hovermode="x",
    )
    return figure


def _line(values: np.ndarray, name: str, line: Mapping[str, object], listed: bool) -> go.Scatter:
    return go.Scatter(y=values, mode="lines", name=name, line=line, showlegend=listed, legendgroup=name, connectgaps=False)
