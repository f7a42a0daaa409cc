"""What a layer of the map is. One module of this folder a layer; each offers one `Layer`."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.training.run import Run
from aeexplorer.views.maps.overlay import Overlay


@dataclass(frozen=True)
class Layer:
    """Something a person may switch on under or over the map's points.

    Parameters
    ----------
    name
        Short and unique, as in the address.
    title, help
        What it is called, what it shows and how it is computed.
    place
        Layers are listed and drawn in this order.
    fits
        Whether it can be drawn on this map of this run.
    make
        Draws it; kept for as long as run and map stay the same.
    job
        What the projection process has to make first, see `aeexplorer.background.kinds`; empty where nothing.
    click
        The samples that a click on a place of the map, beside all points, selects; None where it selects none.
    """

    name: str
    title: str
    help: str
    place: int
    fits: Callable[[Run, Projection], bool]
    make: Callable[[Run, Projection], Overlay]
    job: Callable[[Run, Projection], str] = lambda run, made: ""
    click: Callable[[Run, Projection, float, float], np.ndarray | None] = lambda run, made, x, y: None
