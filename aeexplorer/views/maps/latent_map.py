"""Latent map: one point for each sample."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from aeexplorer.analysis.maps.projection import Projection, available_methods, compute_projection
from aeexplorer.analysis.maps.projections import slice_numbers
from aeexplorer.analysis.maps.slices import AVERAGED_NEIGHBOURS
from aeexplorer.analysis.samples.colouring import Colouring, colouring, offered_colourings
from aeexplorer.training.run import Run
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.maps.points import escape_html, point_traces

_AXES = {"pca": "component {}", "latents": "latent {}"}
"""Titles of the axes of methods whose axes have a meaning."""
AXIS_WITHOUT_MEANING = {"title": {"text": ""}, "showticklabels": False, "showgrid": False, "zeroline": False}
"""Axes of the other methods."""


def latent_map(projection: Projection, colours: Colouring, text: Sequence[str] | None = None, revision: str = "") -> LinkedFigure:
    """Draw a projection.

    Parameters
    ----------
    projection
        Projection with 2 or 3 dimensions.
    colours
        Value of each of its samples.
    text
        Text of each sample, shown when hovering over its point.
    revision
        Key of the zoom besides the projection, such as the id of the run.
    """
    traces, marks = point_traces(projection.xy, projection.ids, colours, text)
    titles = [axis_title(projection.method, axis) for axis in range(projection.dims)]
    x, y, *z = ({"title": {"text": title}} if title else AXIS_WITHOUT_MEANING for title in titles)
    layout: dict[str, Any] = {
        "title": {"text": "Latent map"},
        "uirevision": f"{revision}:{projection.method}:{projection.dims}",
        "showlegend": colours.categories is not None,
        "legend": {"title": {"text": escape_html(colours.name)}},
    }
    if z:
        layout["scene"] = {"xaxis": x, "yaxis": y, "zaxis": z[0], "aspectmode": "data"}
    else:
        layout |= {"xaxis": x, "yaxis": y | {"scaleanchor": "x"}, "dragmode": "lasso"}
    plane = projection.method if projection.dims == 2 else ""
    label = "decoded at" if projection.plane is not None else f"mean of the {AVERAGED_NEIGHBOURS} nearest samples, decoded, at"
    caption = " · ".join(filter(None, [projection.caption, colours.note]))
    return LinkedFigure(go.Figure(traces, layout), tuple(marks), decode_plane=plane, decode_label=label, caption=caption)


def run_latent_map(
    run: Run, ids: np.ndarray | None = None, projection: Projection | None = None, colour: str = ""
) -> LinkedFigure:
    """Draw the latent map of a run.

    Parameters
    ----------
    run
        Run with results.
    ids
        Samples to draw, of those that are projected. Without ids, all of them.
    projection
        Projection of the samples. By default, the first quick projection that fits.
    colour
        Name of a colouring. By default, the first colouring of the run.
    """
    whole = projection or compute_projection(run, available_methods(run, 2)[0].name)
    drawn = whole if ids is None else whole.subset(ids)
    colours = colouring(run, colour or offered_colourings(run)[0], drawn.ids, whole)
    return latent_map(drawn, colours, label_texts(run, drawn.ids), run.id)


def axis_title(method: str, axis: int) -> str:
    """Return the title of an axis (0, 1 or 2) of a map; empty if the axis has no meaning."""
    numbers = slice_numbers(method)
    if len(numbers) == 2:
        return f"latent {numbers[axis] + 1}"
    if numbers:
        return f"from sample {numbers[0]} to {numbers[1]}" if axis == 0 else f"towards sample {numbers[2]}"
    return _AXES.get(method, "").format(axis + 1)


def label_texts(run: Run, ids: np.ndarray) -> list[str] | None:
    """Return the label of each sample as text, or None if the dataset has no labels."""
    labels = run.dataset.labels
    if labels is None:
        return None
    names = [*run.dataset.label_names, "no label"]
    return [names[label] for label in labels[ids]]
