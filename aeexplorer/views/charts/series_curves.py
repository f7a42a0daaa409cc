"""Series as curves: what was given and what was made of it in one frame, and below what is left over."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aeexplorer.data.dataset import Field
from aeexplorer.views.palette import OTHER, colour_of

MOST = 3
"""Samples drawn, side by side."""
CHANNELS = 4
"""Channels drawn, the first ones, each in a frame with an axis of its own."""
_ALONE, _AMONG, _RESIDUAL, _HEAD = 180, 110, 90, 110  # pixels of a frame, of a frame among several, and of what is around
_DASHES = ("solid", "dash", "dot")


def series_curves(field: Field, samples: Mapping[str, np.ndarray], titles: list[str]) -> go.Figure:
    """A column a sample, a row a channel, a dash a kind of sample; below, the residuals of reconstructions.

    Parameters
    ----------
    field
        A field of series.
    samples
        Stored series ``(m, steps, channels)`` by what they are (Input, Reconstruction, …).
    titles
        What stands above each column, one a sample that is drawn.
    """
    channels = field.meta["columns"][:CHANNELS]
    heights = [_ALONE if len(channels) == 1 else _AMONG] * len(channels)
    residual = _residual(channels, samples)
    heights += [] if residual is None else [_RESIDUAL]
    figure = make_subplots(
        len(heights),
        len(titles),
        subplot_titles=titles,
        shared_xaxes=True,
        shared_yaxes=True,
        row_heights=heights,
        vertical_spacing=0.05,
        horizontal_spacing=0.02,
    )
    for column in range(len(titles)):
        for channel in range(len(channels)):
            for kind, (what, drawn) in enumerate(samples.items()):
                line = {"color": colour_of(channel), "dash": _DASHES[kind % len(_DASHES)], "width": 1.6}
                figure.add_trace(_line(drawn[column, :, channel], what, line, column + channel == 0), channel + 1, column + 1)
            if residual is not None:
                line = {"color": colour_of(channel), "width": 1}
                figure.add_trace(_line(residual[column, :, channel], "Residual", line, False), len(heights), column + 1)
        if residual is not None:
            figure.add_hline(0, line={"color": OTHER, "width": 1}, row=len(heights), col=column + 1)
    figure.update_xaxes(title="step", row=len(heights))
    for row, name in enumerate([c["name"] for c in channels] + ["residual, % of range"] * (residual is not None), 1):
        figure.update_yaxes(title={"text": _broken(name), "font": {"size": 11}}, row=row, col=1)
    figure.update_layout(
        height=sum(heights) + _HEAD,
        margin={"l": 0, "r": 0, "t": 60, "b": 0},
        showlegend=len(samples) > 1,
        legend={"orientation": "h", "y": 1, "yref": "container", "yanchor": "top"},
        hovermode="x",
    )
    return figure


def _residual(channels: list[Mapping[str, object]], samples: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """Reconstruction minus input, each channel in parts of a hundred of its range; None where there is no such pair."""
    if not {"Input", "Reconstruction"} <= set(samples):
        return None
    spans = np.array([float(str(c["high"])) - float(str(c["low"])) or 1.0 for c in channels])
    shown = slice(0, len(channels))
    return 100 * (samples["Reconstruction"][..., shown] - samples["Input"][..., shown]) / spans


def _broken(name: str) -> str:
    """A name in lines of a few words, as text that is no markup."""
    plain = name.replace("<", "‹").replace(">", "›")
    return plain.replace(" (", "<br>(").replace(", ", ",<br>")[:60]


def _line(values: np.ndarray, name: str, line: Mapping[str, object], listed: bool) -> go.Scatter:
    return go.Scatter(y=values, mode="lines", name=name, line=line, showlegend=listed, legendgroup=name, connectgaps=False)
