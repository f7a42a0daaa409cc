"""The decoded manifold: decoded pictures of positions on the map, faintly below its points."""

import base64

import numpy as np

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.layers.base import Layer
from aeexplorer.views.maps.overlay import Overlay
from aeexplorer.views.pictures.grids import background_png, pictured_field

PICTURES_PER_SIDE = 18
"""Number of pictures along the longer side of the map."""
OPACITY = 0.5
MARGIN = 0.04
"""Margin around the outermost samples, as a share of the map."""


def make(run: Run, projection: Projection) -> Overlay:
    """Return an image of decoded pictures in a grid over the map. Each picture is decoded from the middle of its cell."""
    low, high = projection.xy.min(0).astype(float), projection.xy.max(0).astype(float)
    low, high = low - MARGIN * (high - low), high + MARGIN * (high - low)
    field = pictured_field(run)
    assert field is not None
    width, height = high - low
    step = max(width, height) / PICTURES_PER_SIDE or 1.0
    columns, rows = (max(1, round(length / step)) for length in (width, height))
    xs = low[0] + (np.arange(columns) + 0.5) * width / columns
    ys = high[1] - (np.arange(rows) + 0.5) * height / rows
    # decode the middle of each cell, row by row from the top
    positions = np.stack([axis.ravel() for axis in np.meshgrid(xs, ys)], 1).astype(np.float32)
    picture = base64.b64encode(background_png(run, projection.latents_at(positions), columns)).decode()
    return Overlay(
        images=(
            {
                "source": f"data:image/png;base64,{picture}",
                "xref": "x",
                "yref": "y",
                "x": low[0],
                "y": high[1],
                "sizex": width,
                "sizey": height,
                "sizing": "stretch",
                "layer": "below",
                "opacity": OPACITY,
            },
        )
    )


LAYER = Layer(
    name="manifold",
    title="Decoded manifold",
    help="What each position on the map decodes to, faintly below the points.",
    place=10,
    fits=lambda run, projection: projection.dims == 2 and projection.plane is not None and pictured_field(run) is not None,
    make=make,
)
