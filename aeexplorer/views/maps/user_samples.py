"""Guests: on the map, beside their reconstructions, and among the samples nearest to them."""

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
from aeexplorer.views.pictures.pictures import difference_rgb, pictured, sized, tile

_DARK = "#1B1B1B"


def user_samples_overlay(
    made: Projection, positions: np.ndarray, names: Sequence[str], shown: int = -1, neighbours: np.ndarray | None = None
) -> Overlay:
    """Guests as named stars, lines from one of them to its neighbours.

    Parameters
    ----------
    made
        The map.
    positions
        float32 ``(m, 2 or 3)``.
    names
        One each, plain text.
    shown
        Which of them has the lines; −1 for none.
    neighbours
        Ids of the samples that these lead to; those that are not on the map are left out.
    """
    dims = positions.shape[1]
    common = {"showlegend": False, "hoverinfo": "skip"}
    trace = go.Scatter3d if dims == 3 else go.Scattergl
    traces = []
    if shown >= 0 and neighbours is not None:
        ends = made.xy[np.isin(made.ids, neighbours)]
        lines = np.full((len(ends), 3, dims), np.nan, np.float32)
        lines[:, 0], lines[:, 1] = positions[shown], ends
        traces.append(trace(**_axes(lines.reshape(-1, dims)), mode="lines", line={"color": ACCENT, "width": 1}, **common))
    large, small = (16, 9) if dims == 3 else (24, 15)
    marker = {
        "symbol": "diamond" if dims == 3 else "star",
        "size": [large if i == shown else small for i in range(len(names))],
        "color": ACCENT,
        "line": {"color": _DARK, "width": 1.5},
    }
    label = {"mode": "markers+text", "text": list(names), "textposition": "top center"} if dims == 3 else {"mode": "markers"}
    traces.append(trace(**_axes(positions), **label, marker=marker, name="yours", **common))
    if dims == 3:
        return Overlay(tuple(traces))
    look = {
        "showarrow": False,
        "yshift": 20,
        "font": {"size": 12, "color": "white"},
        "bgcolor": _DARK,
        "bordercolor": "white",
        "borderpad": 2,
    }
    notes = [{"x": float(x), "y": float(y), "text": name, **look} for (x, y), name in zip(positions, names, strict=True)]
    return Overlay(tuple(traces), annotations=tuple(notes))


def user_sample_picture(field: Field, user_sample: UserSample, encoded: EncodedSample, side: int) -> Image.Image:
    """Input, reconstruction and difference side by side; the reconstruction alone where the user sample lacks the field."""
    output = pictured(field, encoded.outputs[field.name])
    if field.name not in user_sample.samples:
        return tile(sized(output, side), 1)
    gaps = pictured_modality(field).difference_images(encoded.differences[field.name])
    limit = float(np.nanmax(np.abs(gaps), initial=0.0))
    shown = np.concatenate([pictured(field, user_sample.samples[field.name][None]), output, difference_rgb(gaps, limit)])
    return tile(sized(shown, side), len(shown))


def _axes(positions: np.ndarray) -> dict[str, np.ndarray]:
    return {axis: np.ascontiguousarray(column, np.float32) for axis, column in zip("xyz", positions.T, strict=False)}
