"""Samples as points: traces by category or on a scale, each with the ids of its points."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from aeexplorer.analysis.samples.colouring import Colouring
from aeexplorer.views.base import Marks
from aeexplorer.views.palette import LEGEND, OTHER, SCALE, colour_of, symbol_of

FEW = 3000
"""Up to so many points are SVG elements: they are there before WebGL has made its shaders ready."""
CLIPPED = (0.02, 0.98)
"""The scale spans these quantiles: a few extreme values do not take all its colours."""


def point_traces(
    positions: np.ndarray, ids: np.ndarray, colouring: Colouring, text: Sequence[str] | None = None
) -> tuple[list[go.Scatter | go.Scattergl | go.Scatter3d], list[Marks]]:
    """Points on a map.

    Parameters
    ----------
    positions
        float32 ``(m, 2 or 3)``.
    ids
        int32 ``(m,)``.
    colouring
        A value for each of them. Categories beyond the twenty most frequent become one, ``other``.
    text
        What hovering says of each; where not given, the name of its category.

    Returns
    -------
    tuple
        Traces, to be the first of the figure, and the marks of each.
    """
    words = None if text is None else np.array(text, object)  # Plotly would look at each string of a list
    if colouring.categories is None:
        return _scaled(positions, ids, colouring, words)
    traces: list[go.Scatter | go.Scattergl | go.Scatter3d] = []
    marks: list[Marks] = []
    for name, colour, symbol, rows in _groups(colouring.values, colouring.categories):
        marker = {"color": colour, "symbol": symbol}
        traces.append(_trace(positions[rows], name, marker, _pick(words, rows), len(ids)))
        marks.append(Marks(len(marks), ids[rows].astype(np.int32)))
    return traces, marks


def plain(text: str) -> str:
    """People's own words in a title, which Plotly would read as a kind of HTML. (Names of traces the chart makes plain.)"""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _groups(values: np.ndarray, categories: Sequence[str]) -> list[tuple[str, str, str, np.ndarray]]:
    """Name, colour, symbol and rows of each category that occurs, in their order; then what is grouped or missing."""
    counts = np.bincount(values[values >= 0], minlength=len(categories))
    most = np.sort(np.argsort(-counts, kind="stable")[: LEGEND - 1]) if len(categories) > LEGEND else np.arange(len(categories))
    found = [(categories[c], colour_of(i), symbol_of(i), np.flatnonzero(values == c)) for i, c in enumerate(most)]
    found.append(("other", OTHER, "circle", np.flatnonzero((values >= 0) & ~np.isin(values, most))))
    found.append(("none", OTHER, "circle-open", np.flatnonzero(values < 0)))
    return [group for group in found if len(group[3])]


def _scaled(
    positions: np.ndarray, ids: np.ndarray, colouring: Colouring, text: np.ndarray | None
) -> tuple[list[go.Scatter | go.Scattergl | go.Scatter3d], list[Marks]]:
    known = np.flatnonzero(np.isfinite(colouring.values))
    missing = np.flatnonzero(~np.isfinite(colouring.values))
    traces: list[go.Scatter | go.Scattergl | go.Scatter3d] = []
    marks: list[Marks] = []
    if len(known):
        values = colouring.values[known].astype(np.float32)
        low, high = (float(v) for v in np.quantile(values, CLIPPED))
        marker = {
            "color": values,
            "colorscale": SCALE,
            "cmin": low,
            "cmax": high if high > low else low + 1.0,
            "showscale": True,
            "colorbar": {"title": {"text": plain(colouring.name), "side": "right"}, "thickness": 10, "outlinewidth": 0},
        }
        traces.append(_trace(positions[known], colouring.name, marker, _pick(text, known), len(ids)))
        marks.append(Marks(0, ids[known].astype(np.int32)))
    if len(missing):
        marker = {"color": OTHER, "symbol": "circle-open"}
        traces.append(_trace(positions[missing], "none", marker, _pick(text, missing), len(ids)))
        marks.append(Marks(len(marks), ids[missing].astype(np.int32)))
    for trace in traces:
        trace.showlegend = False
    return traces, marks


def _trace(
    positions: np.ndarray, name: str, marker: Mapping[str, object], text: np.ndarray | None, total: int
) -> go.Scatter | go.Scattergl | go.Scatter3d:
    columns = np.ascontiguousarray(positions.T, np.float32)
    if len(columns) == 3:
        style = {**marker, "size": _size(total) * 0.7, "opacity": 0.9}
        return go.Scatter3d(x=columns[0], y=columns[1], z=columns[2], mode="markers", name=name, marker=style, text=text)
    style = {**marker, "size": _size(total), "opacity": 0.9}
    kind = go.Scatter if total <= FEW else go.Scattergl
    return kind(x=columns[0], y=columns[1], mode="markers", name=name, marker=style, text=text)


def _size(total: int) -> float:
    """Diameter in CSS pixels, smaller where points are many."""
    return float(np.clip(26 * max(total, 1) ** -0.2, 3, 9))


def _pick(text: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    return None if text is None else text[rows]
