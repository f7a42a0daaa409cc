"""Overlays on a map: paths, outlines, densities, decoded pictures, user samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

from aeexplorer.views.palette import ACCENT


@dataclass(frozen=True, eq=False)
class Overlay:
    """Something drawn on a map, in units of the map.

    Parameters
    ----------
    traces
        Plotly traces that do not stand for samples. On a map of WebGL points, SVG traces (``scatter``, ``contour``,
        ``heatmap``) are below the points and ``scattergl`` traces above them.
    images
        Images for the figure's ``layout.images``, with ``xref="x"`` and ``yref="y"``.
    annotations
        Annotations for the figure's ``layout.annotations``.
    """

    traces: tuple[BaseTraceType, ...] = ()
    images: tuple[dict[str, Any], ...] = ()
    annotations: tuple[dict[str, Any], ...] = ()


def path_overlay(positions: np.ndarray, name: str = "interpolation", colour: str = ACCENT) -> Overlay:
    """Draw a path through positions, float32 ``(frames, 2 or 3)``, with a dot at each frame."""
    columns = np.ascontiguousarray(positions.T, np.float32)
    style = {
        "mode": "lines+markers",
        "name": name,
        "showlegend": False,
        "hoverinfo": "skip",
        "line": {"color": colour, "width": 3},
        "marker": {"color": colour, "size": 7 if len(columns) == 2 else 4, "line": {"color": "white", "width": 1}},
    }
    if len(columns) == 3:
        return Overlay((go.Scatter3d(x=columns[0], y=columns[1], z=columns[2], **style),))
    return Overlay((go.Scattergl(x=columns[0], y=columns[1], **style),))


def links_overlay(start: np.ndarray, ends: np.ndarray, colour: str = ACCENT) -> Overlay:
    """Draw thin lines from a position ``(2 or 3,)`` to other positions ``(m, 2 or 3)``, and a ring around the first."""
    lines = np.full((len(ends), 3, len(start)), np.nan, np.float32)
    lines[:, 0], lines[:, 1] = start, ends
    common = {"showlegend": False, "hoverinfo": "skip"}
    thin = {"mode": "lines", "name": "links", "line": {"color": colour, "width": 1}, **common}
    ring = {"color": "rgba(0,0,0,0)", "size": 14, "line": {"color": colour, "width": 2}}
    dot = {"mode": "markers", "name": "one", **common}
    x, y, *z = np.ascontiguousarray(lines.reshape(-1, len(start)).T)
    if z:
        start_dot = go.Scatter3d(x=start[:1], y=start[1:2], z=start[2:], marker={"color": colour, "size": 6}, **dot)
        return Overlay((go.Scatter3d(x=x, y=y, z=z[0], **thin), start_dot))
    return Overlay((go.Scattergl(x=x, y=y, **thin), go.Scattergl(x=start[:1], y=start[1:], marker=ring, **dot)))


def stops_overlay(positions: np.ndarray, names: Sequence[str] = (), colour: str = ACCENT) -> Overlay:
    """Draw the positions float32 ``(m, 2 or 3)`` that a path goes through. On a flat map they have names or numbers."""
    dots = path_overlay(positions, "way-points", colour)
    dots.traces[0].update(mode="markers", marker={"size": 12 if positions.shape[1] == 2 else 6})
    if positions.shape[1] == 3:
        return dots
    labels = tuple(
        {
            "x": float(x),
            "y": float(y),
            "text": names[i] if names else str(i + 1),
            "showarrow": False,
            "yshift": 15,
            "font": {"color": "white", "size": 12},
            "bgcolor": colour,
            "borderpad": 2,
        }
        for i, (x, y) in enumerate(positions)
    )
    return Overlay(dots.traces, annotations=labels)
