"""What a person did in linked charts: read once, at the top of a page, before anything is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from aeexplorer.ui.session import state
from aeexplorer.ui.session.selection import unpack_ids


@dataclass(frozen=True, eq=False)
class ChartEvent:
    """The latest thing a person did in one chart.

    Parameters
    ----------
    version
        Time of the event in milliseconds since 1970, unique on the page; 0 if nothing was done in this chart.
    selected
        Sample ids selected on the page after the event, int32 ``(n,)``, ascending; None if nothing was done.
    clicked
        If it was a click on a point, the sample's id.
    clicked_group
        If it was a click on a bar, the bar's index in its trace.
    x, y
        If it was a click, its position in the axes' units.
    """

    version: int = 0
    selected: np.ndarray | None = None
    clicked: int | None = None
    clicked_group: int | None = None
    x: float | None = None
    y: float | None = None

    @classmethod
    def of(cls, chart: Mapping[str, Any]) -> "ChartEvent":
        """Read the event from the chart's value in session state, which is there before the chart is drawn."""
        event = chart.get("event")
        if not event:
            return cls()
        click = event["click"] or {}
        return cls(
            version=event["version"],
            selected=unpack_ids(event["ids"]),
            clicked=click.get("id"),
            clicked_group=click.get("group"),
            x=click.get("x"),
            y=click.get("y"),
        )


@dataclass(frozen=True)
class VisibleArea:
    """The visible part of a map. Only charts drawn with ``more=True`` report it.

    Parameters
    ----------
    revision
        The figure's `uirevision`: which figure the axes' units belong to.
    x, y
        Lower and upper end, in the axes' units.
    """

    revision: str
    x: tuple[float, float]
    y: tuple[float, float]

    @classmethod
    def of(cls, chart: Mapping[str, Any]) -> "VisibleArea | None":
        """Read the area from the chart's value in session state; None where the whole map is visible."""
        area = chart.get("sight")
        return area and cls(str(area["revision"]), (area["x"][0], area["x"][1]), (area["y"][0], area["y"][1]))


def register_chart(page: str, key: str) -> None:
    """Remember that a page holds the chart with this key, for `take_events`."""
    state.setdefault(_charts(page), {}).setdefault(key, 0)


def take_events(page: str) -> dict[str, ChartEvent]:
    """Return what was done in the charts of a page since the last call, by chart key; each event is returned once."""
    taken: dict[str, int] = state.setdefault(_charts(page), {})
    events = {key: ChartEvent.of(state.get(key, {})) for key in taken}
    new = {key: event for key, event in events.items() if event.version > taken[key]}
    taken.update({key: event.version for key, event in new.items()})
    return new


def _charts(page: str) -> str:
    """Session key of a page's charts: chart key → version of the last event taken."""
    return f"{page}.charts"
