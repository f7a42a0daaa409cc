"""Overlays that are drawn below the points of a map: distortion, regions off the manifold, density, outlines of clusters."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from aeexplorer.analysis.maps.clusters import OUTLINE_LEVEL, Cluster
from aeexplorer.analysis.maps.density import Density, estimate_density
from aeexplorer.analysis.maps.distortion import Distortion
from aeexplorer.analysis.maps.off_manifold import DistanceGrid
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.views.maps.overlay import Overlay
from aeexplorer.views.maps.points import escape_html
from aeexplorer.views.palette import OTHER
from aeexplorer.views.pictures.pictures import png_bytes

_FALSE_COLOUR, _MISSING_COLOUR, _OFF_COLOUR = np.array([213, 94, 0]), np.array([0, 114, 178]), np.array([118, 122, 130])
FULL_SHADE = 0.25
"""Share of the worst possible distortion from which on the shade is strongest. A random map has twice as much."""
_MAX_OPACITY = 0.65
_CONTOURS = 6


def distortion_overlay(projection: Projection, distortion: Distortion) -> Overlay:
    """Shade the distortion of a 2-D map: orange where neighbours are false, blue where neighbours are missing."""
    density = estimate_density(projection.xy)
    false, missing = (density.average(values) for values in (distortion.false, distortion.missing))
    share = (false / np.maximum(false + missing, 1e-12))[..., None]
    # fade out where there are few samples
    coverage = np.clip(density.values / max(float(np.quantile(density.values[density.values > 0], 0.5)), 1e-12), 0, 1)
    alpha = _MAX_OPACITY * np.clip(np.maximum(false, missing) / FULL_SHADE, 0, 1) * coverage
    colours = np.concatenate([share * _FALSE_COLOUR + (1 - share) * _MISSING_COLOUR, 255 * alpha[..., None]], -1)
    half = (density.x[1] - density.x[0]) / 2
    bounds = (density.x[0] - half, density.x[-1] + half, density.y[0] - half, density.y[-1] + half)
    return Overlay(images=(_image(colours, bounds),), annotations=(_key("orange: false neighbours · blue: missing", 1),))


def off_manifold_overlay(grid: DistanceGrid) -> Overlay:
    """Shade positions that change when they are decoded and encoded again: the darker, the farther beyond the threshold."""
    excess = np.clip((grid.distances - grid.threshold) / max(1.0, 2 * grid.threshold), 0, 1)
    alpha = _MAX_OPACITY * np.sqrt(excess)
    grey = np.broadcast_to(_OFF_COLOUR, (*alpha.shape, 3))
    x0, x1, y0, y1 = (float(v) for v in grid.bounds)
    half = (x1 - x0) / (grid.distances.shape[1] - 1) / 2, (y1 - y0) / (grid.distances.shape[0] - 1) / 2
    bounds = (x0 - half[0], x1 + half[0], y0 - half[1], y1 + half[1])
    image = _image(np.concatenate([grey, 255 * alpha[..., None]], -1), bounds)
    return Overlay(images=(image,), annotations=(_key("grey: off the manifold", 0),))


def density_overlay(density: Density) -> Overlay:
    """Draw contours of equal density."""
    top = float(density.values.max())
    levels = {"start": top / (2 * _CONTOURS), "end": top * (1 - 0.5 / _CONTOURS), "size": top / _CONTOURS, "coloring": "none"}
    line = {"color": OTHER, "width": 1, "smoothing": 1.0}
    lines = go.Contour(
        x=density.x,
        y=density.y,
        z=density.values,
        contours=levels,
        line=line,
        showscale=False,
        showlegend=False,
        hoverinfo="skip",
        opacity=0.8,
        name="density",
    )
    return Overlay((lines,))


def outlines_overlay(clusters: Sequence[Cluster]) -> Overlay:
    """Draw the outline of each cluster, and its name at the top of the outline. A click on the name is reported."""
    traces = [
        go.Contour(
            x=cluster.x,
            y=cluster.y,
            z=cluster.heights,
            contours={"type": "constraint", "operation": "<", "value": OUTLINE_LEVEL},
            line={"color": OTHER, "width": 1.5, "smoothing": 1.0},
            fillcolor="rgba(138,143,152,0.14)",
            hoverinfo="skip",
            showlegend=False,
            name=f"outline of {cluster.name}",
        )
        for cluster in clusters
    ]
    return Overlay(tuple(traces), annotations=tuple(_cluster_name(cluster) for cluster in clusters))


def _cluster_name(cluster: Cluster) -> dict[str, Any]:
    inside = np.argwhere(cluster.heights >= OUTLINE_LEVEL)
    top = inside[:, 0].max()
    columns = inside[inside[:, 0] == top, 1]
    return {
        "x": float(cluster.x[columns[len(columns) // 2]]),
        "y": float(cluster.y[top]),
        "text": f"<b>{escape_html(cluster.name)}</b>",
        "showarrow": False,
        "yanchor": "bottom",
        "font": {"size": 12},
        "hovertext": f"select its {len(cluster.ids):,} samples",
    }


def _key(text: str, line: int) -> dict[str, Any]:
    """Return an annotation at the lower edge of the map that explains its colours."""
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
    """Return a layout image of RGBA colours ``(rows, columns, 4)``, the bottom row first.

    The bounds are the lowest and highest x and the lowest and highest y of the image, in units of the map.
    """
    picture = Image.fromarray(np.round(colours[::-1]).astype(np.uint8))
    x0, x1, y0, y1 = map(float, bounds)
    return {
        "source": f"data:image/png;base64,{b64encode(png_bytes(picture)).decode()}",
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
