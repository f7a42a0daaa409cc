"""What lies under the points of a map: shades of its distortion, places off the manifold, outlines, contours of density."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from aeexplorer.analysis.maps.clusters import LEVEL, Cluster
from aeexplorer.analysis.maps.density import Density, density
from aeexplorer.analysis.maps.distortion import Distortion
from aeexplorer.analysis.maps.off_manifold import Plane
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.views.maps.overlay import Overlay
from aeexplorer.views.maps.points import plain
from aeexplorer.views.palette import OTHER
from aeexplorer.views.pictures.pictures import png

FALSE, MISSING = np.array([213, 94, 0]), np.array([0, 114, 178])
FULL = 0.25
"""Shares of the worst distortion from which the shade is full; a map at random has twice as much."""
_STRONGEST = 0.65
_LINES = 6


def distorted(made: Projection, found: Distortion) -> Overlay:
    """Shades of how a 2-D map distorts: orange where neighbours are false, blue where they are missing."""
    ground = density(made.xy)
    false, missing = (ground.average(values) for values in (found.false, found.missing))
    share = (false / np.maximum(false + missing, 1e-12))[..., None]
    covered = np.clip(ground.values / max(float(np.quantile(ground.values[ground.values > 0], 0.5)), 1e-12), 0, 1)
    alpha = _STRONGEST * np.clip(np.maximum(false, missing) / FULL, 0, 1) * covered
    colours = np.concatenate([share * FALSE + (1 - share) * MISSING, 255 * alpha[..., None]], -1)
    half = (ground.x[1] - ground.x[0]) / 2
    bounds = (ground.x[0] - half, ground.x[-1] + half, ground.y[0] - half, ground.y[-1] + half)
    return Overlay(images=(_image(colours, bounds),), annotations=(_says("orange: false neighbours · blue: missing", 1),))


def off(found: Plane) -> Overlay:
    """Grey where decoding and encoding lead away, the darker the farther beyond what samples do."""
    beyond = np.clip((found.distances - found.usual) / max(1.0, 2 * found.usual), 0, 1)
    alpha = _STRONGEST * np.sqrt(beyond)
    grey = np.broadcast_to(np.array([118, 122, 130]), (*alpha.shape, 3))
    x0, x1, y0, y1 = (float(v) for v in found.bounds)
    half = (x1 - x0) / (found.distances.shape[1] - 1) / 2, (y1 - y0) / (found.distances.shape[0] - 1) / 2
    image = _image(np.concatenate([grey, 255 * alpha[..., None]], -1), (x0 - half[0], x1 + half[0], y0 - half[1], y1 + half[1]))
    return Overlay(images=(image,), annotations=(_says("grey: off the manifold", 0),))


def contours(found: Density) -> Overlay:
    """Lines of equal density."""
    top = float(found.values.max())
    steps = {"start": top / (2 * _LINES), "end": top * (1 - 0.5 / _LINES), "size": top / _LINES, "coloring": "none"}
    line = {"color": OTHER, "width": 1, "smoothing": 1.0}
    lines = go.Contour(
        x=found.x,
        y=found.y,
        z=found.values,
        contours=steps,
        line=line,
        showscale=False,
        showlegend=False,
        hoverinfo="skip",
        opacity=0.8,
        name="density",
    )
    return Overlay((lines,))


def outlines(found: Sequence[Cluster]) -> Overlay:
    """The outline of each cluster, with its name inside its uppermost place, which a click on the name reports."""
    traces = [
        go.Contour(
            x=cluster.x,
            y=cluster.y,
            z=cluster.heights,
            contours={"type": "constraint", "operation": "<", "value": LEVEL},
            line={"color": OTHER, "width": 1.5, "smoothing": 1.0},
            fillcolor="rgba(138,143,152,0.14)",
            hoverinfo="skip",
            showlegend=False,
            name=f"outline of {cluster.name}",
        )
        for cluster in found
    ]
    return Overlay(tuple(traces), annotations=tuple(_named(cluster) for cluster in found))


def _named(cluster: Cluster) -> dict[str, Any]:
    inside = np.argwhere(cluster.heights >= LEVEL)
    top = inside[:, 0].max()
    columns = inside[inside[:, 0] == top, 1]
    return {
        "x": float(cluster.x[columns[len(columns) // 2]]),
        "y": float(cluster.y[top]),
        "text": f"<b>{plain(cluster.name)}</b>",
        "showarrow": False,
        "yanchor": "bottom",
        "font": {"size": 12},
        "hovertext": f"select its {len(cluster.ids):,} samples",
    }


def _says(text: str, line: int) -> dict[str, Any]:
    """What colours mean, at the lower edge of the map."""
    return {
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": 0,
        "xanchor": "left",
        "yanchor": "bottom",
        "yshift": 2 + 16 * line,
        "xshift": 4,
        "text": text,
        "showarrow": False,
        "font": {"size": 11},
    }


def _image(colours: np.ndarray, bounds: tuple[float, float, float, float]) -> dict[str, Any]:
    """RGBA ``(rows, columns, 4)``, the lowest row first, over a part of the map: lowest and highest x and y."""
    picture = Image.fromarray(np.round(colours[::-1]).astype(np.uint8))
    x0, x1, y0, y1 = map(float, bounds)
    return {
        "source": f"data:image/png;base64,{b64encode(png(picture)).decode()}",
        "xref": "x",
        "yref": "y",
        "x": x0,
        "y": y1,
        "sizex": x1 - x0,
        "sizey": y1 - y0,
        "xanchor": "left",
        "yanchor": "top",
        "sizing": "stretch",
        "layer": "below",
    }
