"""Definition of a layer of the map. Each module of this folder defines one `Layer`."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.training.run import Run
from aeexplorer.views.maps.overlay import Overlay


@dataclass(frozen=True)
class Layer:
    """An optional overlay below or above the points of the map.

    Parameters
    ----------
    name
        Short unique name, used in the address.
    title, help
        Title, and a text that says what the layer shows and how it is computed.
    place
        Position in the list of layers and in the drawing order.
    fits
        Return whether the layer can be drawn on a projection of a run.
    make
        Return the overlay. It is cached until the run or the projection changes.
    job
        Return the background job that must run first, see `aeexplorer.background.kinds`; empty if none must run.
    click
        Return the ids of the samples that a click beside the points at x, y selects; None if it selects nothing.
    """

    name: str
    title: str
    help: str
    place: int
    fits: Callable[[Run, Projection], bool]
    make: Callable[[Run, Projection], Overlay]
    job: Callable[[Run, Projection], str] = lambda run, projection: ""
    click: Callable[[Run, Projection, float, float], np.ndarray | None] = lambda run, projection, x, y: None
