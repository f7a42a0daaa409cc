"""The points of a figure that stand for samples, apart from the rest of the figure.

The browser gets the positions once and draws the points itself (WebGL), or lets Plotly draw them where they are few (SVG).
Their traces stay in the figure without points, for the legend and the colour bar.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from plotly.colors import sample_colorscale

from aeexplorer.views.base import LinkedFigure, Marks

LEVELS = 192
"""Number of colours that a colour scale is divided into."""
STYLES = 256
"""Most different looks in one figure: a look is one byte."""


@dataclass(frozen=True, eq=False)
class Points:
    """The points of one figure, ascending by sample id.

    Parameters
    ----------
    ids, x, y
        int32 and float32 ``(n,)``.
    codes
        uint8 ``(n,)``: index of each point's look.
    looks
        One mapping for each look: ``trace`` that it belongs to, ``color``, ``symbol``, ``value`` on the colour scale or None.
    size, opacity
        Diameter in CSS pixels, and opacity from 0 to 1.
    text
        Hover text of each point; None: the name of its trace.
    svg
        Whether Plotly draws the points.
    """

    ids: np.ndarray
    x: np.ndarray
    y: np.ndarray
    codes: np.ndarray
    looks: list[dict[str, Any]]
    size: float
    opacity: float
    text: list[str] | None
    svg: bool


def extract_points(linked: LinkedFigure, data: Sequence[dict[str, Any]]) -> tuple[Points | None, list[Marks]]:
    """Take the points that stand for samples out of a figure.

    Parameters
    ----------
    linked
        The figure.
    data
        Its traces as plain data; the traces of the points are emptied in place.

    Returns
    -------
    tuple
        The points, or None where no trace has plain points, and the marks of all other traces.
    """
    taken = [marks for marks in linked.marks if _is_plain(linked, marks)]
    kinds = {linked.figure.data[marks.trace].type for marks in taken}
    if len(kinds) != 1 or not sum(len(marks.ids) for marks in taken):
        return None, list(linked.marks)
    scaled = sum(_is_scaled(linked, marks) for marks in taken)
    levels = min(LEVELS, (STYLES - len(taken)) // max(scaled, 1))
    looks: list[dict[str, Any]] = []
    codes, texts = [], []
    for marks in taken:
        trace = linked.figure.data[marks.trace]
        trace_looks, code = _looks(trace, marks.trace, levels)
        codes.append((code + len(looks)).astype(np.uint8))
        looks += trace_looks
        texts.append([trace.name or ""] * len(code) if trace.text is None else trace.text)
        _empty(data[marks.trace], trace)
    ids = np.concatenate([marks.ids for marks in taken])
    order = np.argsort(ids, kind="stable")
    first = linked.figure.data[taken[0].trace]
    points = Points(
        ids=ids[order],
        x=_concatenate(linked, taken, "x")[order],
        y=_concatenate(linked, taken, "y")[order],
        codes=np.concatenate(codes)[order],
        looks=looks,
        size=float(first.marker.size or 6),
        opacity=float(1 if first.marker.opacity is None else first.marker.opacity),
        text=_texts(linked, taken, texts, order),
        svg=kinds == {"scatter"},
    )
    return points, [marks for marks in linked.marks if marks not in taken]


def _is_plain(linked: LinkedFigure, marks: Marks) -> bool:
    """Return whether the marks are markers of one size and symbol, with colours, on the figure's own axes."""
    trace = linked.figure.data[marks.trace]
    if marks.groups is not None or trace.type not in ("scatter", "scattergl") or trace.mode != "markers":
        return False
    marker = trace.marker
    plain = all(marker[name] is None or isinstance(marker[name], int | float | str) for name in ("size", "symbol", "opacity"))
    numbers = all(np.asarray(values).dtype.kind in "fiu" for values in (trace.x, trace.y))
    return plain and numbers and marker.color is not None and trace.xaxis in (None, "x") and trace.yaxis in (None, "y")


def _is_scaled(linked: LinkedFigure, marks: Marks) -> bool:
    return not isinstance(linked.figure.data[marks.trace].marker.color, str)


def _looks(trace: Any, place: int, levels: int) -> tuple[list[dict[str, Any]], np.ndarray]:
    """Return the looks of a trace's points, and the index of each point's look."""
    marker = trace.marker
    symbol = marker.symbol or "circle"
    if isinstance(marker.color, str):
        return [{"trace": place, "color": marker.color, "symbol": symbol, "value": None}], np.zeros(len(trace.x), np.int64)
    values = np.asarray(marker.color, float)
    low, high = _range(marker, values)
    share = np.nan_to_num((values - low) / (high - low))
    middles = low + (np.arange(levels) + 0.5) / levels * (high - low)
    colours = sample_colorscale([list(stop) for stop in marker.colorscale], np.linspace(0, 1, levels))
    looks = [
        {"trace": place, "color": colour, "symbol": symbol, "value": float(value)}
        for colour, value in zip(colours, middles, strict=True)
    ]
    return looks, np.clip(share * levels, 0, levels - 1).astype(np.int64)


def _range(marker: Any, values: np.ndarray) -> tuple[float, float]:
    given = marker.cmin is not None and marker.cmax is not None
    low, high = (marker.cmin, marker.cmax) if given else (np.nanmin(values), np.nanmax(values))
    return float(low), float(high if high > low else low + 1)


def _empty(data: dict[str, Any], trace: Any) -> None:
    """Empty a trace, except for what the legend and the colour bar show."""
    marker = data["marker"]
    if not isinstance(trace.marker.color, str):
        low, high = _range(trace.marker, np.asarray(trace.marker.color, float))
        marker |= {"color": [low], "cmin": low, "cmax": high}
    data.pop("text", None)
    data |= {"type": "scatter", "x": [None], "y": [None], "marker": marker}


def _concatenate(linked: LinkedFigure, taken: Sequence[Marks], axis: str) -> np.ndarray:
    return np.concatenate([np.asarray(linked.figure.data[marks.trace][axis], np.float32) for marks in taken])


def _texts(linked: LinkedFigure, taken: Sequence[Marks], texts: list[Any], order: np.ndarray) -> list[str] | None:
    """Return the hover texts of the points in order; None where they are the names of their traces."""
    if all(
        len(set(trace_texts)) <= 1 and set(trace_texts) <= {linked.figure.data[m.trace].name or ""}
        for m, trace_texts in zip(taken, texts, strict=True)
    ):
        return None
    return np.concatenate([np.asarray(trace_texts, object) for trace_texts in texts])[order].tolist()
