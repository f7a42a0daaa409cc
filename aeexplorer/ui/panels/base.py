"""What a panel of Explore is. One module of this folder a panel; each offers one `Panel`."""

from collections.abc import Callable
from dataclasses import dataclass

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
    takes_clicks
        Whether clicking a point of the map means something to it.
    """

    name: str
    title: str
    place: int
    needs: frozenset[str]
    draw: Callable[[Scene], None]
    takes_clicks: bool = False
