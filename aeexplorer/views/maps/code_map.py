"""Map of the codebook, with one dot for each code."""

import numpy as np
import plotly.graph_objects as go

from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.maps.latent_map import AXIS_WITHOUT_MEANING
from aeexplorer.views.palette import ACCENT, OTHER, colour_of

_MIN_SIZE, _MAX_SIZE = 5, 26  # diameter of a dot, in pixels
MAX_SVG_DOTS = 1_500
"""Dots up to which a map is drawn as SVG instead of WebGL."""
_MIN_OPACITY = 0.12


def code_map(
    xy: np.ndarray,
    counts: np.ndarray,
    selected_counts: np.ndarray | None = None,
    chosen: int = -1,
    revision: str = "",
    caption: str = "",
) -> LinkedFigure:
    """Draw the map of the codes.

    Parameters
    ----------
    xy
        Positions of the codes, float32 ``(K, 2)``.
    counts
        How often each code is used, int ``(K,)``. Dots are sized by it; codes that are never used are crosses.
    selected_counts
        How often the selected samples use each code, int ``(K,)``. The smaller their share in the use of a code, the paler
        its dot.
    chosen
        Code with a ring around its dot; −1 for none.
    revision
        Key of the zoom, which is kept as long as the key stays the same.
    caption
        Text below the map.
    """
    used, dead = np.flatnonzero(counts), np.flatnonzero(counts == 0)
    areas = counts[used] / max(int(counts.max()), 1)
    opacity = np.full(len(used), 0.9)
    if selected_counts is not None:
        share = selected_counts[used] / counts[used]
        opacity = _MIN_OPACITY + (0.95 - _MIN_OPACITY) * share / max(float(share.max(initial=0)), 1e-9)
    trace_type = go.Scatter if len(counts) <= MAX_SVG_DOTS else go.Scattergl
    traces = [
        trace_type(
            x=xy[used, 0],
            y=xy[used, 1],
            mode="markers",
            name="used",
            marker={
                "color": colour_of(2),
                "size": _MIN_SIZE + (_MAX_SIZE - _MIN_SIZE) * np.sqrt(areas),
                "opacity": opacity,
                "line": {"width": 0.5, "color": "rgba(255,255,255,0.6)"},
            },
            text=[f"code {code}: {counts[code]:,} times" for code in used],
            hovertemplate="%{text}<extra></extra>",
        )
    ]
    if len(dead):
        marker = {"color": OTHER, "symbol": "x-thin", "size": 7, "line": {"color": OTHER, "width": 1.5}}
        text = [f"code {code} is never used" for code in dead]
        x, y = xy[dead, 0], xy[dead, 1]
        traces.append(
            trace_type(
                x=x, y=y, mode="markers", name="never used", marker=marker, text=text, hovertemplate="%{text}<extra></extra>"
            )
        )
    if chosen >= 0:
        ring = {"color": "rgba(0,0,0,0)", "size": _MAX_SIZE + 6, "line": {"color": ACCENT, "width": 2.5}}
        traces.append(
            trace_type(x=xy[[chosen], 0], y=xy[[chosen], 1], mode="markers", name="chosen", marker=ring, hoverinfo="skip")
        )
    layout = {
        "title": {"text": "Map of the codes"},
        "xaxis": AXIS_WITHOUT_MEANING,
        "yaxis": AXIS_WITHOUT_MEANING | {"scaleanchor": "x"},
        "dragmode": "pan",
        "showlegend": False,
        "uirevision": f"codes:{revision}",
    }
    return LinkedFigure(go.Figure(traces, layout), (), hover=False, caption=caption)


def nearest_code(xy: np.ndarray, x: float, y: float) -> int:
    """Return the code whose dot is nearest to a position."""
    return int(np.square(xy - np.array([x, y])).sum(1).argmin())
