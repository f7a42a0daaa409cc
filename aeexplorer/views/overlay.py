"""What is drawn on a map besides its samples: paths, outlines, densities, decoded pictures, guests."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

ACCENT = "#D55E00"
"""What is laid over a map stands out from the colours of samples."""


@dataclass(frozen=True, eq=False)
class Overlay:
    """Something laid on a map, in the map's units.

    Parameters
    ----------
    traces
        Plotly traces that stand for no samples. On a map of WebGL points those that are SVG (``scatter``, ``contour``,
        ``heatmap``) lie below the points, ``scattergl`` above them.
    images
        As in a figure's ``layout.images``, with ``xref="x"`` and ``yref="y"``.
    annotations
        As in a figure's ``layout.annotations``.
    """

    traces: tuple[BaseTraceType, ...] = ()
    images: tuple[dict[str, Any], ...] = ()
    annotations: tuple[dict[str, Any], ...] = ()

    @cached_property
    def mark(self) -> str:
        """Tells it from others, for caches."""
        figure = go.Figure(self.traces, {"images": self.images, "annotations": self.annotations})
        return hashlib.sha256(figure.to_json().encode()).hexdigest()


def path_overlay(positions: np.ndarray, name: str = "interpolation", colour: str = ACCENT) -> Overlay:
    """A path through positions float32 ``(frames, 2 or 3)``, each frame a dot."""
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
