"""Series as curves: input and reconstruction in one plot, and the residual below."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aeexplorer.data.dataset import Field
from aeexplorer.data.units import to_own_samples
from aeexplorer.views.palette import OTHER, colour_of

MAX_SAMPLES = 3
"""Number of samples that are drawn, side by side."""
MAX_CHANNELS = 4
"""Number of channels that are drawn, the first ones, each in a plot of its own."""
_SINGLE_HEIGHT, _CHANNEL_HEIGHT, _RESIDUAL_HEIGHT, _MARGIN_HEIGHT = 180, 110, 90, 110  # in pixels
_DASHES = ("solid", "dash", "dot")


def series_curves(field: Field, samples: Mapping[str, np.ndarray], titles: list[str]) -> go.Figure:
    """Draw one column for each sample and one row for each channel; below, the residuals of reconstructions.

    Parameters
    ----------
    field
        Field of series.
    samples
        Stored series ``(m, steps, channels)`` by their role (Input, Reconstruction, …). Each role has its own dash. They are
        drawn in their own units.
    titles
        Title of each column, one for each sample.
    """
    channels = field.meta["columns"][:MAX_CHANNELS]
    in_own_units = {role: to_own_samples(field.meta, series) for role, series in samples.items()}
    heights = [_SINGLE_HEIGHT if len(channels) == 1 else _CHANNEL_HEIGHT] * len(channels)
    residual = _residual(channels, samples)
    heights += [] if residual is None else [_RESIDUAL_HEIGHT]
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
            for i, (role, series) in enumerate(in_own_units.items()):
                line = {"color": colour_of(channel), "dash": _DASHES[i % len(_DASHES)], "width": 1.6}
                figure.add_trace(_line(series[column, :, channel], role, line, column + channel == 0), channel + 1, column + 1)
            if residual is not None:
                line = {"color": colour_of(channel), "width": 1}
                figure.add_trace(_line(residual[column, :, channel], "Residual", line, False), len(heights), column + 1)
        if residual is not None:
            figure.add_hline(0, line={"color": OTHER, "width": 1}, row=len(heights), col=column + 1)
    figure.update_xaxes(title="step", row=len(heights))
    for row, name in enumerate([c["name"] for c in channels] + ["residual, % of range"] * (residual is not None), 1):
        figure.update_yaxes(title={"text": _break_lines(name), "font": {"size": 11}}, row=row, col=1)
    figure.update_layout(
        height=sum(heights) + _MARGIN_HEIGHT,
        margin={"l": 0, "r": 0, "t": 60, "b": 0},
        showlegend=len(samples) > 1,
        legend={"orientation": "h", "y": 1, "yref": "container", "yanchor": "top"},
        hovermode="x",
    )
    return figure


def _residual(channels: list[Mapping[str, object]], samples: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """Return reconstruction minus input, each channel in percent of its range, or None if one of the two is missing."""
    if not {"Input", "Reconstruction"} <= set(samples):
        return None
    spans = np.array([float(str(c["high"])) - float(str(c["low"])) or 1.0 for c in channels])
    drawn = slice(0, len(channels))
    return 100 * (samples["Reconstruction"][..., drawn] - samples["Input"][..., drawn]) / spans


def _break_lines(name: str) -> str:
    """Break a name into lines of a few words, with its angle brackets replaced so that Plotly reads no markup."""
    text = name.replace("<", "‹").replace(">", "›")
    return text.replace(" (", "<br>(").replace(", ", ",<br>")[:60]


def _line(values: np.ndarray, name: str, line: Mapping[str, object], in_legend: bool) -> go.Scatter:
    return go.Scatter(y=values, mode="lines", name=name, line=line, showlegend=in_legend, legendgroup=name, connectgaps=False)
