"""What a panel of Explore is. One module of this folder a panel; each offers one `Panel`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.ui.components.linked import ChartEvent
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.views.maps.overlay import Overlay

Group = Literal["samples", "space", "model"]
GROUPS: dict[Group, str] = {"samples": "Samples", "space": "Latent space", "model": "Model"}
"""What panels are about, in the order in which the page has them."""


@dataclass(frozen=True)
class Panel:
    """One tab beside the map.

    Parameters
    ----------
    name
        Short and unique, as in the address.
    title
        On the tab.
    group
        Which of `GROUPS` it stands in.
    place
        Tabs of a group stand in this order.
    needs
        What a run must have, as in `aeexplorer.analysis.features.features`.
    draw
        Draws it.
    click
        Takes the id of a sample that was clicked on the map.
    overlays
        What the open panel lays on the map: a path, user_samples.
    prepare
        Brings the page's state within what the run offers and applies the events of the panel's own charts (by chart name),
        before anything is drawn: drawing changes no state.
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
