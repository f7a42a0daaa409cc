"""Samples as points, apart from the rest of a figure: where they lie, and how they look.

The browser gets the places once and draws them itself (WebGL), or has Plotly draw them where they are few (SVG). What
is left of their traces in the figure is what the legend and the colour bar need.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from plotly.colors import sample_colorscale

from aeexplorer.views.base import LinkedFigure, Marks

LEVELS = 192
"""Colours that a scale is divided into."""
STYLES = 256
"""Most looks of points in one figure, a byte each."""


@dataclass(frozen=True, eq=False)
class Points:
    """The points of one figure, ascending by sample id.

    Parameters
    ----------
    ids, x, y
        int32 and float32 ``(n,)``.
    codes
        uint8 ``(n,)``: which look each has.
    looks
        For each look ``trace`` (it belongs to), ``color``, ``symbol``, and ``value`` (on the scale of colours, or None).
    size, opacity
        Diameter in CSS pixels; how much each covers.
    text
        What hovering says of each; None: the name of its trace.
    svg
        Whether Plotly draws them.
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


def divide(linked: LinkedFigure, data: Sequence[dict[str, Any]]) -> tuple[Points | None, list[Marks]]:
    """Take the points out of a figure.

    Parameters
    ----------
    linked
        The figure.
    data
        Its traces as plain data; those of points are emptied.

    Returns
    -------
    tuple
        The points, or None where it has no plain ones, and the marks of all other traces.
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
        found, code = _looks(trace, marks.trace, levels)
        codes.append((code + len(looks)).astype(np.uint8))
        looks += found
        texts.append([trace.name or ""] * len(code) if trace.text is None else trace.text)
        _empty(data[marks.trace], trace)
    ids = np.concatenate([marks.ids for marks in taken])
    order = np.argsort(ids, kind="stable")
    first = linked.figure.data[taken[0].trace]
    points = Points(
        ids=ids[order],
        x=_joined(linked, taken, "x")[order],
        y=_joined(linked, taken, "y")[order],
        codes=np.concatenate(codes)[order],
        looks=looks,
        size=float(first.marker.size or 6),
        opacity=float(1 if first.marker.opacity is None else first.marker.opacity),
        text=_said(linked, taken, texts, order),
        svg=kinds == {"scatter"},
    )
    return points, [marks for marks in linked.marks if marks not in taken]


def _is_plain(linked: LinkedFigure, marks: Marks) -> bool:
    """Markers of one size and symbol, in given colours, on the figure's own axes."""
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
    """The looks of a trace's points, and which one each has."""
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
    """Leave what the legend and the colour bar show."""
    marker = data["marker"]
    if not isinstance(trace.marker.color, str):
        low, high = _range(trace.marker, np.asarray(trace.marker.color, float))
        marker |= {"color": [low], "cmin": low, "cmax": high}
    data.pop("text", None)
    data |= {"type": "scatter", "x": [None], "y": [None], "marker": marker}


def _joined(linked: LinkedFigure, taken: Sequence[Marks], axis: str) -> np.ndarray:
    return np.concatenate([np.asarray(linked.figure.data[marks.trace][axis], np.float32) for marks in taken])


def _said(linked: LinkedFigure, taken: Sequence[Marks], texts: list[Any], order: np.ndarray) -> list[str] | None:
    """The points' own words in their order; None where they are the names of their traces."""
    if all(
        len(set(said)) <= 1 and set(said) <= {linked.figure.data[m.trace].name or ""}
        for m, said in zip(taken, texts, strict=True)
    ):
        return None
    return np.concatenate([np.asarray(said, object) for said in texts])[order].tolist()
