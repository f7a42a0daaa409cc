"""Definition of a panel of Explore. Each module of this folder defines one `Panel`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.ui.components.linked import ChartEvent
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.views.maps.overlay import Overlay

Group = Literal["samples", "space", "model"]
GROUPS: dict[Group, str] = {"samples": "Samples", "space": "Latent space", "model": "Model"}
"""Titles of the groups of panels, in the order of the page."""


@dataclass(frozen=True)
class Panel:
    """A tab beside the map.

    Parameters
    ----------
    name
        Short unique name, used in the address.
    title
        Title of the tab.
    group
        Group of the panel, see `GROUPS`.
    place
        Position among the tabs of the group.
    needs
        Features that a run must have, see `aeexplorer.analysis.features.features`.
    draw
        Draw the panel. Drawing must not change the state of the page.
    click
        Handle a click on a sample of the map; takes the id of the sample.
    overlays
        Return overlays on the map while the panel is open, such as a path or user samples.
    prepare
        Bring the page's state into the bounds of the run, and apply the events of the panel's own charts (by chart name).
        This runs before the page is drawn.
    """

    name: str
    title: str
    group: Group
    place: int
    needs: frozenset[str]
    draw: Callable[[Scene], None]
    click: Callable[[Scene, int], None] | None = None
    overlays: Callable[[Scene, Projection], list[Overlay]] | None = None
    prepare: Callable[[Scene, Mapping[str, ChartEvent]], None] | None = None
