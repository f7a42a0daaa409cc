"""What a panel of Explore is. One module of this folder a panel; each offers one `Panel`."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aeexplorer.ui.explore.scene import Scene


@dataclass(frozen=True)
class Panel:
    """One tab beside the map.

    Parameters
    ----------
    name
        Short and unique, as in the address.
    title
        On the tab.
    place
        Tabs stand in this order.
    needs
        What a run must have, as in `aeexplorer.analysis.features.features`.
    draw
        Draws it.
    click
        Takes the id of a sample that was clicked on the map.
    path
        Latents float32 ``(frames, d)`` to draw on the map as a path, or None.
    """

    name: str
    title: str
    place: int
    needs: frozenset[str]
    draw: Callable[[Scene], None]
    click: Callable[[Scene, int], None] | None = None
    path: Callable[[Scene], np.ndarray | None] | None = None
