"""The decoded manifold: what the places of the map decode to, laid faintly under its points."""

import base64

import numpy as np

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.layers.base import Layer
from aeexplorer.views.maps.overlay import Overlay
from aeexplorer.views.pictures.grids import background_png, pictured_field

ACROSS = 18
"""Pictures along the longer side."""
FAINT = 0.5
MARGIN = 0.04
"""How far it reaches beyond the outermost samples, as a share of the map."""


def make(run: Run, made: Projection) -> Overlay:
    """One grid of decoded pictures over the map's extent, each with what its middle decodes to in it."""
    low, high = made.xy.min(0).astype(float), made.xy.max(0).astype(float)
    low, high = low - MARGIN * (high - low), high + MARGIN * (high - low)
    field = pictured_field(run)
    assert field is not None
    width, height = high - low
    step = max(width, height) / ACROSS or 1.0
    columns, rows = (max(1, round(length / step)) for length in (width, height))
    xs = low[0] + (np.arange(columns) + 0.5) * width / columns
    ys = high[1] - (np.arange(rows) + 0.5) * height / rows
    positions = np.stack([axis.ravel() for axis in np.meshgrid(xs, ys)], 1).astype(np.float32)
    picture = base64.b64encode(background_png(run, made.latents_at(positions), columns)).decode()
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
                "opacity": FAINT,
            },
        )
    )


LAYER = Layer(
    name="manifold",
    title="Decoded manifold",
    help="What each place of the map decodes to, faintly below the points.",
    place=10,
    fits=lambda run, made: made.dims == 2 and made.plane is not None and pictured_field(run) is not None,
    make=make,
)
