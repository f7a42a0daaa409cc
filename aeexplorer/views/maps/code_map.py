"""A map of the codebook: every code a dot."""

import numpy as np
import plotly.graph_objects as go

from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.maps.latent_map import MEANINGLESS
from aeexplorer.views.palette import ACCENT, OTHER, colour_of

_SMALLEST, _LARGEST = 5, 26
FEW = 1_500
"""Up to so many dots are SVG elements."""
_FADED = 0.12


def code_map(
    xy: np.ndarray, counts: np.ndarray, some: np.ndarray | None = None, chosen: int = -1, revision: str = "", caption: str = ""
) -> LinkedFigure:
    """Draw the codes.

    Parameters
    ----------
    xy
        float32 ``(K, 2)``.
    counts
        int ``(K,)``: how often each is used; dots are sized by it, and codes that are never used are crosses.
    some
        int ``(K,)``: how often some samples use them; the smaller their part in a code's use, the more it fades.
    chosen
        The code that is ringed; −1 is none.
    revision
        What zoom belongs to.
    """
    used, dead = np.flatnonzero(counts), np.flatnonzero(counts == 0)
    areas = counts[used] / max(int(counts.max()), 1)
    opacity = np.full(len(used), 0.9)
    if some is not None:
        share = some[used] / counts[used]
        opacity = _FADED + (0.95 - _FADED) * share / max(float(share.max(initial=0)), 1e-9)
    kind = go.Scatter if len(counts) <= FEW else go.Scattergl
    traces = [
        kind(
            x=xy[used, 0],
            y=xy[used, 1],
            mode="markers",
            name="used",
            marker={
                "color": colour_of(2),
                "size": _SMALLEST + (_LARGEST - _SMALLEST) * np.sqrt(areas),
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
            kind(x=x, y=y, mode="markers", name="never used", marker=marker, text=text, hovertemplate="%{text}<extra></extra>")
        )
    if chosen >= 0:
        ring = {"color": "rgba(0,0,0,0)", "size": _LARGEST + 6, "line": {"color": ACCENT, "width": 2.5}}
        traces.append(kind(x=xy[[chosen], 0], y=xy[[chosen], 1], mode="markers", name="chosen", marker=ring, hoverinfo="skip"))
    layout = {
        "title": {"text": "Map of the codes"},
        "xaxis": MEANINGLESS,
        "yaxis": MEANINGLESS | {"scaleanchor": "x"},
        "dragmode": "pan",
        "showlegend": False,
        "uirevision": f"codes:{revision}",
    }
    return LinkedFigure(go.Figure(traces, layout), (), hover=False, caption=caption)


def code_at(xy: np.ndarray, x: float, y: float) -> int:
    """The code that lies nearest to a position."""
    return int(np.square(xy - np.array([x, y])).sum(1).argmin())
