"""User samples: marks on the map with lines to their neighbours, and pictures of their reconstructions."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.samples.user_samples import EncodedSample, UserSample
from aeexplorer.data.dataset import Field
from aeexplorer.modalities.base import pictured_modality
from aeexplorer.views.maps.overlay import Overlay
from aeexplorer.views.palette import ACCENT
from aeexplorer.views.pictures.pictures import difference_rgb, field_pictures, resize_pictures, tile

_DARK = "#1B1B1B"


def user_samples_overlay(
    projection: Projection,
    positions: np.ndarray,
    names: Sequence[str],
    chosen: int = -1,
    neighbours: np.ndarray | None = None,
) -> Overlay:
    """Draw user samples as stars with names, and lines from one of them to its neighbours.

    Parameters
    ----------
    projection
        Projection of the map.
    positions
        Positions of the user samples, float32 ``(m, 2 or 3)``.
    names
        Name of each user sample, plain text.
    chosen
        Index of the user sample with the lines; −1 for none.
    neighbours
        Ids of the samples that the lines lead to. Samples that are not on the map are left out.
    """
    dims = positions.shape[1]
    common = {"showlegend": False, "hoverinfo": "skip"}
    trace = go.Scatter3d if dims == 3 else go.Scattergl
    traces = []
    if chosen >= 0 and neighbours is not None:
        ends = projection.xy[np.isin(projection.ids, neighbours)]
        lines = np.full((len(ends), 3, dims), np.nan, np.float32)
        lines[:, 0], lines[:, 1] = positions[chosen], ends
        traces.append(trace(**_axes(lines.reshape(-1, dims)), mode="lines", line={"color": ACCENT, "width": 1}, **common))
    large, small = (16, 9) if dims == 3 else (24, 15)
    marker = {
        "symbol": "diamond" if dims == 3 else "star",
        "size": [large if i == chosen else small for i in range(len(names))],
        "color": ACCENT,
        "line": {"color": _DARK, "width": 1.5},
    }
    label = {"mode": "markers+text", "text": list(names), "textposition": "top center"} if dims == 3 else {"mode": "markers"}
    traces.append(trace(**_axes(positions), **label, marker=marker, name="yours", **common))
    if dims == 3:
        return Overlay(tuple(traces))
    style = {
        "showarrow": False,
        "yshift": 20,
        "font": {"size": 12, "color": "white"},
        "bgcolor": _DARK,
        "bordercolor": "white",
        "borderpad": 2,
    }
    labels = [{"x": float(x), "y": float(y), "text": name, **style} for (x, y), name in zip(positions, names, strict=True)]
    return Overlay(tuple(traces), annotations=tuple(labels))


def user_sample_picture(field: Field, user_sample: UserSample, encoded: EncodedSample, side: int) -> Image.Image:
    """Draw input, reconstruction and difference side by side, or the reconstruction alone if the input lacks the field."""
    output = field_pictures(field, encoded.outputs[field.name])
    if field.name not in user_sample.samples:
        return tile(resize_pictures(output, side), 1)
    differences = pictured_modality(field).difference_images(encoded.differences[field.name])
    limit = float(np.nanmax(np.abs(differences), initial=0.0))
    inputs = field_pictures(field, user_sample.samples[field.name][None])
    pictures = np.concatenate([inputs, output, difference_rgb(differences, limit)])
    return tile(resize_pictures(pictures, side), len(pictures))


def _axes(positions: np.ndarray) -> dict[str, np.ndarray]:
    return {axis: np.ascontiguousarray(column, np.float32) for axis, column in zip("xyz", positions.T, strict=False)}
