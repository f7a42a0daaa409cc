"""Charts of the contents of a field: its values, the lengths of its samples, and its values after scaling."""

import numpy as np
import plotly.graph_objects as go

from aeexplorer.analysis.samples.statistics import FieldStatistics
from aeexplorer.views.palette import colour_of

HEIGHT = 200
_MARGIN = {"l": 0, "r": 0, "t": 8, "b": 0}
_RGB = ("#D55E00", "#009E73", "#0072B2")


def values_figure(statistics: FieldStatistics) -> go.Figure:
    """Draw how often values occur, one line for each channel. Three channels are red, green and blue."""
    assert statistics.values is not None
    count, bins = statistics.values.shape
    centres = (np.arange(bins) + 0.5) / bins
    figure = go.Figure()
    for channel, counts in enumerate(statistics.values):
        name = ("red", "green", "blue")[channel] if count == 3 else f"channel {channel + 1}"
        colour = _RGB[channel] if count == 3 else colour_of(channel)
        share = counts / max(1, counts.sum())
        figure.add_scatter(x=centres, y=share, name=name, mode="lines", line={"color": colour, "shape": "hvh"}, fill="tozeroy")
    return _set_layout(figure, "value, from 0 (dark, quiet) to 1", "share", count > 1)


def lengths_figure(lengths: np.ndarray, unit: str) -> go.Figure:
    """Draw a histogram of the lengths of samples."""
    low, high = int(lengths.min()), int(lengths.max())
    counts, edges = np.histogram(lengths, min(48, high - low + 1), (low - 0.5, high + 0.5))
    figure = go.Figure(go.Bar(x=(edges[:-1] + edges[1:]) / 2, y=counts, marker_color=colour_of(0), width=np.diff(edges)))
    return _set_layout(figure, unit, "samples", False)


def scaling_figure(scaled: dict[str, np.ndarray]) -> go.Figure:
    """Draw the distribution of all values after scaling, one line for each kind of scaling."""
    all_values = np.concatenate(list(scaled.values()))
    low, high = np.percentile(all_values, (0.1, 99.9)) if all_values.size else (0, 1)
    edges = np.linspace(min(0, low), max(1, high), 65)
    figure = go.Figure()
    for i, (name, values) in enumerate(scaled.items()):
        counts, _ = np.histogram(values, edges)
        share = counts / max(1, len(values))
        line = {"color": colour_of(i), "shape": "hvh"}
        figure.add_scatter(x=(edges[:-1] + edges[1:]) / 2, y=share, name=name, mode="lines", line=line, fill="tozeroy")
    return _set_layout(figure, "value as the model sees it", "share of values", True)


def _set_layout(figure: go.Figure, x: str, y: str, legend: bool) -> go.Figure:
    figure.update_xaxes(title=x)
    figure.update_yaxes(title=y)
    figure.update_layout(height=HEIGHT, margin=_MARGIN, showlegend=legend, legend={"orientation": "h", "y": 1.2}, bargap=0)
    return figure
