"""Samples as points on a map: one trace for each category, or one trace on a colour scale, with the sample ids."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from aeexplorer.analysis.samples.colouring import Colouring
from aeexplorer.views.base import Marks
from aeexplorer.views.palette import MAX_CATEGORIES, OTHER, SCALE, colour_of, symbol_of

MAX_SVG_POINTS = 3000
"""Points up to which a map is drawn as SVG, which appears before WebGL has compiled its shaders."""
SCALE_QUANTILES = (0.02, 0.98)
"""Quantiles that the colour scale spans, so that a few extreme values do not use up all colours."""


def point_traces(
    positions: np.ndarray, ids: np.ndarray, colouring: Colouring, text: Sequence[str] | None = None
) -> tuple[list[go.Scatter | go.Scattergl | go.Scatter3d], list[Marks]]:
    """Build the traces of points on a map.

    Parameters
    ----------
    positions
        Positions, float32 ``(m, 2 or 3)``.
    ids
        Ids of the samples, int32 ``(m,)``.
    colouring
        Value of each sample. Beyond twenty categories, the nineteen most frequent ones have traces of their own, and all
        others share the trace ``other``.
    text
        Text of each sample, shown when hovering over its point. By default, the name of its category.

    Returns
    -------
    tuple
        The traces, which must be the first of the figure, and the marks of each trace.
    """
    texts = None if text is None else np.array(text, object)  # Plotly would validate each string of a list
    if colouring.categories is None:
        return _scale_traces(positions, ids, colouring, texts)
    traces: list[go.Scatter | go.Scattergl | go.Scatter3d] = []
    marks: list[Marks] = []
    for name, colour, symbol, rows in _groups(colouring.values, colouring.categories):
        marker = {"color": colour, "symbol": symbol}
        traces.append(_trace(positions[rows], name, marker, _select(texts, rows), len(ids)))
        marks.append(Marks(len(marks), ids[rows].astype(np.int32)))
    return traces, marks


def escape_html(text: str) -> str:
    """Escape a user's text for a title, which Plotly would read as HTML. The linked chart escapes the names of traces itself."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _groups(values: np.ndarray, categories: Sequence[str]) -> list[tuple[str, str, str, np.ndarray]]:
    """Return name, colour, symbol and rows of each category that occurs, then of other categories and of missing values."""
    counts = np.bincount(values[values >= 0], minlength=len(categories))
    drawn = np.arange(len(categories))
    if len(categories) > MAX_CATEGORIES:
        drawn = np.sort(np.argsort(-counts, kind="stable")[: MAX_CATEGORIES - 1])
    groups = [(categories[c], colour_of(i), symbol_of(i), np.flatnonzero(values == c)) for i, c in enumerate(drawn.tolist())]
    groups.append(("other", OTHER, "circle", np.flatnonzero((values >= 0) & ~np.isin(values, drawn))))
    groups.append(("none", OTHER, "circle-open", np.flatnonzero(values < 0)))
    return [group for group in groups if len(group[3])]


def _scale_traces(
    positions: np.ndarray, ids: np.ndarray, colouring: Colouring, text: np.ndarray | None
) -> tuple[list[go.Scatter | go.Scattergl | go.Scatter3d], list[Marks]]:
    known = np.flatnonzero(np.isfinite(colouring.values))
    missing = np.flatnonzero(~np.isfinite(colouring.values))
    traces: list[go.Scatter | go.Scattergl | go.Scatter3d] = []
    marks: list[Marks] = []
    if len(known):
        values = colouring.values[known].astype(np.float32)
        low, high = (float(v) for v in np.quantile(values, SCALE_QUANTILES))
        marker = {
            "color": values,
            "colorscale": SCALE,
            "cmin": low,
            "cmax": high if high > low else low + 1.0,
            "showscale": True,
            "colorbar": {"title": {"text": escape_html(colouring.name), "side": "right"}, "thickness": 10, "outlinewidth": 0},
        }
        traces.append(_trace(positions[known], colouring.name, marker, _select(text, known), len(ids)))
        marks.append(Marks(0, ids[known].astype(np.int32)))
    if len(missing):
        marker = {"color": OTHER, "symbol": "circle-open"}
        traces.append(_trace(positions[missing], "none", marker, _select(text, missing), len(ids)))
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
    trace_type = go.Scatter if total <= MAX_SVG_POINTS else go.Scattergl
    return trace_type(x=columns[0], y=columns[1], mode="markers", name=name, marker=style, text=text)


def _size(total: int) -> float:
    """Return the diameter of a point in CSS pixels, which is smaller if there are many points."""
    return float(np.clip(26 * max(total, 1) ** -0.2, 3, 9))


def _select(text: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    return None if text is None else text[rows]
