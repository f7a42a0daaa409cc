"""Charts of a search: parallel coordinates of the trials, importances of the settings, and history of the objective."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from aeexplorer.training.search.space import Dimension, Range
from aeexplorer.views.labels import display_name
from aeexplorer.views.maps.points import escape_html
from aeexplorer.views.palette import OTHER, SCALE, colour_of

HEIGHT = 300
_TICKS = 5


def parallel_coordinates(
    space: Mapping[str, Dimension], values: Sequence[Mapping[str, Any]], objective: Sequence[float], title: str
) -> go.Figure:
    """Draw each trial as a line through one axis for each setting and one for the objective, which also sets the colour.

    Parameters
    ----------
    space
        Varied settings, by dotted path. Axes of logarithmic ranges are logarithmic.
    values
        Values of the varied settings of each finished trial, by dotted path.
    objective
        Objective of each finished trial.
    title
        Name of the objective.
    """
    axes = [_axis(path, dimension, [trial[path] for trial in values]) for path, dimension in space.items()]
    axes.append({"label": title, "values": list(objective)})
    line = {"color": list(objective), "colorscale": SCALE, "reversescale": True}
    figure = go.Figure(go.Parcoords(line=line, dimensions=axes, labelangle=0))
    return figure.update_layout(height=HEIGHT, margin={"l": 60, "r": 60, "t": 44, "b": 24})


def importance_bars(shares: Mapping[str, float]) -> go.Figure:
    """Draw a bar for each setting, the share of the objective's variance that it explains, the largest on top."""
    names = [escape_html(display_name(path)) for path in shares]
    figure = go.Figure(go.Bar(x=list(shares.values()), y=names, orientation="h", marker_color=colour_of(0)))
    figure.update_traces(hovertemplate="%{y}: %{x:.0%}<extra></extra>")
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure.update_layout(height=HEIGHT, margin={"l": 0, "r": 8, "t": 8, "b": 0})


def search_history(objective: Mapping[int, float], stopped: Mapping[int, float], title: str) -> go.Figure:
    """Draw the objective of each trial by its number, counted from 1, and the best objective so far.

    Parameters
    ----------
    objective
        Objective of each finished trial.
    stopped
        Last objective of each trial that was stopped early.
    title
        Name of the objective.
    """
    figure = go.Figure()
    best: dict[int, float] = {}
    for number in sorted(objective):
        best[number] = min(objective[number], *best.values()) if best else objective[number]
    if best:
        figure.add_scatter(x=list(best), y=list(best.values()), name="best so far", line={"shape": "hv", "color": colour_of(1)})
        style = {"color": colour_of(0), "size": 9}
        figure.add_scatter(x=list(objective), y=list(objective.values()), name="finished", mode="markers", marker=style)
    if stopped:
        style = {"color": OTHER, "size": 9, "symbol": "x-thin", "line": {"width": 2, "color": OTHER}}
        figure.add_scatter(x=list(stopped), y=list(stopped.values()), name="stopped early", mode="markers", marker=style)
    figure.update_traces(hovertemplate="trial %{x}: %{y:.4g}")
    last = max((*objective, *stopped), default=1)
    figure.update_xaxes(title="trial", dtick=math.ceil(last / 12), range=[0.5, last + 0.5])
    figure.update_yaxes(title=title, tickformat=".4~g")
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom"}
    return figure.update_layout(height=HEIGHT, margin={"l": 0, "r": 8, "t": 8, "b": 0}, legend=legend)


def _axis(path: str, dimension: Dimension, values: list[Any]) -> dict[str, Any]:
    label = display_name(path)
    if not isinstance(dimension, Range):
        places = {value: i for i, value in enumerate(dimension.values)}
        ticks = {"tickvals": list(places.values()), "ticktext": [str(value) for value in places]}
        return {"label": label, "values": [places[value] for value in values], "range": [-0.1, len(places) - 0.9], **ticks}
    if not dimension.log:
        return {"label": label, "values": values, "range": [dimension.low, dimension.high]}
    low, high = math.log10(dimension.low), math.log10(dimension.high)
    marks = [low + (high - low) * i / (_TICKS - 1) for i in range(_TICKS)]
    ticks = {"tickvals": marks, "ticktext": [f"{10**mark:.2g}" for mark in marks]}
    return {"label": label, "values": [math.log10(value) for value in values], "range": [low, high], **ticks}
