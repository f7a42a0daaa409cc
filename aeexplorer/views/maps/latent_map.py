"""The latent map: every shown sample a point."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from aeexplorer.analysis.maps.projection import Projection, compute, offered_methods
from aeexplorer.analysis.maps.projections import numbers_of
from aeexplorer.analysis.maps.slices import AVERAGED
from aeexplorer.analysis.samples.colouring import Colouring, colouring, colourings
from aeexplorer.training.run import Run
from aeexplorer.views.base import LinkedFigure, View
from aeexplorer.views.maps.points import plain, point_traces

_AXES = {"pca": "component {}", "latents": "latent {}"}
"""Names of the axes, of methods whose axes mean something."""
MEANINGLESS = {"title": {"text": ""}, "showticklabels": False, "showgrid": False, "zeroline": False}
"""Axes of the others."""


def latent_map(made: Projection, colours: Colouring, text: Sequence[str] | None = None, revision: str = "") -> LinkedFigure:
    """Draw a projection.

    Parameters
    ----------
    made
        What is shown, 2-D (WebGL points) or 3-D.
    colours
        A value for each of its samples.
    text
        What hovering says of each sample.
    revision
        What zoom belongs to besides the projection, such as the run's id.
    """
    traces, marks = point_traces(made.xy, made.ids, colours, text)
    names = [axis_name(made.method, place) for place in range(made.dims)]
    x, y, *z = ({"title": {"text": name}} if name else MEANINGLESS for name in names)
    layout: dict[str, Any] = {
        "title": {"text": "Latent map"},
        "uirevision": f"{revision}:{made.method}:{made.dims}",
        "showlegend": colours.categories is not None,
        "legend": {"title": {"text": plain(colours.name)}},
    }
    if z:
        layout["scene"] = {"xaxis": x, "yaxis": y, "zaxis": z[0], "aspectmode": "data"}
    else:
        layout |= {"xaxis": x, "yaxis": y | {"scaleanchor": "x"}, "dragmode": "lasso"}
    plane = made.method if made.dims == 2 else ""
    said = "decoded at" if made.plane is not None else f"mean of the {AVERAGED} nearest samples, decoded, at"
    caption = " · ".join(filter(None, [made.caption, colours.note]))
    return LinkedFigure(go.Figure(traces, layout), tuple(marks), decode_plane=plane, decode_said=said, caption=caption)


def build(run: Run, ids: np.ndarray | None = None, made: Projection | None = None, colour: str = "") -> LinkedFigure:
    """The map of a run.

    Parameters
    ----------
    run
        With results.
    ids
        Only these of the projected samples; all where not given.
    made
        The projection; where not given, the first quick one that fits.
    colour
        Name of a colouring; where not given, the first there is.
    """
    whole = made or compute(run, offered_methods(run, 2)[0].name)
    made = whole if ids is None else whole.only(ids)
    colours = colouring(run, colour or colourings(run)[0], made.ids, whole)
    return latent_map(made, colours, label_texts(run, made.ids), run.id)


def axis_name(method: str, place: int) -> str:
    """What an axis of a map stands for; empty where it has no meaning."""
    numbers = numbers_of(method)
    if len(numbers) == 2:
        return f"latent {numbers[place] + 1}"
    if numbers:
        return f"from sample {numbers[0]} to {numbers[1]}" if place == 0 else f"towards sample {numbers[2]}"
    return _AXES.get(method, "").format(place + 1)


def label_texts(run: Run, ids: np.ndarray) -> list[str] | None:
    """The label of each sample, or None where the dataset has none."""
    labels = run.dataset.labels
    if labels is None:
        return None
    names = [*run.dataset.label_names, "no label"]
    return [names[label] for label in labels[ids]]


VIEW = View(
    name="latent_map",
    title="Latent map",
    help="Every sample is a point; samples that the model finds alike lie together.",
    needs=frozenset({"results"}),
    build=build,
)
