"""Linked charts: Plotly figures that share one selection of samples in the browser.

Every chart of a page dims at once when a selection is made in one of them, without asking the server. Python hears of
it a quarter of a second later: the script, or the fragment, that holds the chart of the selection runs again, and
that chart's `LinkedEvent` has a new `version`. So a page does, in one
`st.fragment`, with a `Selection` that it keeps::

    events = [linked_chart(figure, key=name, run=run, selection=selection) for name, figure in figures.items()]
    clicked = newest(events, after=selection.version)
    selection = selection.after(events)
    draw_the_rest(selection.ids)

and `selection = selection.replaced(ids)` for a selection of Python's own making (a link, a "clear" button), which the
charts then follow. Echoes of what the browser reported change nothing: the later version stands. Build figures where
their inputs change and keep them: the bytes of a `LinkedFigure` are made once for each object.

The ASGI app must mount `aeexplorer.routes.plotlyjs.ROUTES`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import streamlit as st

from aeexplorer.routes.plotlyjs import LINKED_NAME
from aeexplorer.ui.components.linked.codec import Payload, encode, encode_overlays, pack_ids, unpack_ids
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.maps.overlay import Overlay

__all__ = ["LinkedEvent", "Selection", "Sight", "linked_chart", "newest", "pack_ids"]

# The page's own script says under which base path the server is reached. All else is a module of ours, cached for good.
_LOADER = f"""
const base = document.querySelector("script[type=module][src*='static/js/']").src.split("static/js/")[0];
export default async (component) => (await import(`${{base}}aex/{LINKED_NAME}/main.js`)).default(component);
"""

_payloads: WeakKeyDictionary[LinkedFigure, dict[tuple[Any, ...], Payload]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Selection:
    """The selected samples of a page, as Python holds them between runs of the script.

    Parameters
    ----------
    ids
        Sample ids, (n,); None or empty: nothing is selected.
    version
        Of two selections, here or in the browser, the one of the later version stands.
    """

    ids: np.ndarray | None = None
    version: int = 0

    def after(self, events: Iterable["LinkedEvent"]) -> "Selection":
        """The selection after what was done in the charts; itself where that is nothing new."""
        event = newest(events, after=self.version)
        return Selection(event.selected, event.version) if event else self

    @cached_property
    def packed(self) -> dict[str, Any] | None:
        """The ids as the browser takes them."""
        return pack_ids(self.ids)

    def replaced(self, ids: np.ndarray | None) -> "Selection":
        """Another selection, of Python's own making; itself where the samples are the same."""
        other = Selection(ids, self.version + 1)
        return self if other.packed == self.packed else other


@dataclass(frozen=True)
class Sight:
    """The part of a map in sight, of a chart that was told that there is more to see.

    Parameters
    ----------
    revision
        The figure's `uirevision`: what the axes' units belong to.
    x, y
        From where to where, in the axes' units.
    """

    revision: str
    x: tuple[float, float]
    y: tuple[float, float]

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> "Sight | None":
        """As the chart's state in the session has it; None where all of the map is in sight."""
        told = state.get("sight")
        return told and cls(str(told["revision"]), (told["x"][0], told["x"][1]), (told["y"][0], told["y"][1]))


@dataclass(frozen=True, eq=False)
class LinkedEvent:
    """The latest thing a person did in one chart.

    Parameters
    ----------
    version
        Grows with everything done on the page (milliseconds since 1970, never twice the same); 0: nothing done here.
    selected
        What was selected on the page after it: sample ids, int32 (n,), ascending; None: nothing done here.
    clicked
        If it was a click on a point, the sample's id.
    clicked_group
        If it was a click on a bar, its place in the trace.
    x, y
        If it was a click, where, in the axes' units.
    """

    version: int = 0
    selected: np.ndarray | None = None
    clicked: int | None = None
    clicked_group: int | None = None
    x: float | None = None
    y: float | None = None

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> "LinkedEvent":
        """As the chart's state in the session has it, also before the chart is drawn."""
        told = state.get("event")
        if not told:
            return cls()
        click = told["click"] or {}
        return cls(
            version=told["version"],
            selected=unpack_ids(told["ids"]),
            clicked=click.get("id"),
            clicked_group=click.get("group"),
            x=click.get("x"),
            y=click.get("y"),
        )


def linked_chart(
    linked: LinkedFigure,
    *,
    key: str,
    run: str,
    height: int = 420,
    selection: Selection,
    page: str = "explore",
    more: bool = False,
    zoom: bool = False,
    overlays: Sequence[Overlay] | None = None,
) -> LinkedEvent:
    """Draw a linked chart.

    Parameters
    ----------
    linked
        The figure and its marks.
    key
        Names the chart, also for tests: its element has the class `st-key-<key>`. In session state it holds
        `{"event": {"version": int, "ids": pack_ids(...), "click": None or {"id", "group", "x", "y"}}}`, and `"sight"`, see
        `more`.
    run
        Id of the run whose samples these are; hovering asks the routes below `/aex/runs/<run>/`.
    height
        Height of the plot in CSS pixels.
    selection
        The page's selection as Python holds it.
    page
        Charts of the same page share a selection.
    more
        There are more samples than the figure shows: the script runs again when a person has zoomed, and
        `Sight.of` the chart's state says where.
    zoom
        The address says what part of the figure is in sight, as ``zoom``; Python never hears of it. One chart of a page does so.
    overlays
        What is laid over the figure, sent apart from it; None in a chart that never has any.

    Returns
    -------
    LinkedEvent
        The latest thing done in this chart.
    """
    forms = _payloads.setdefault(linked, {})
    overlaid = overlays is not None
    form = (key, run, page, height, more, zoom, overlaid)
    if form not in forms:
        told = {"key": key, "run": run, "page": page}
        forms[form] = encode(linked, **told, height=height, more=more, zoom=zoom, overlaid=overlaid)
    payload = forms[form]
    component = _component()
    with st.container(gap=None):
        # each apart: other colours do not send the places again, nor other overlays or a new selection the figure
        state = component(key=key, data=payload.figure)
        if payload.places is not None:
            component(key=f"{key}-places", data=payload.places)
        if overlays is not None:
            component(key=f"{key}-overlays", data=encode_overlays(overlays, key, payload.figure))
        component(key=f"{key}-selection", data=_selection(selection, page))
    return LinkedEvent.of(state)


def newest(events: Iterable[LinkedEvent], *, after: int = 0) -> LinkedEvent | None:
    """The latest of several charts' events, if it is later than version `after`."""
    latest = max(events, key=lambda event: event.version, default=LinkedEvent())
    return latest if latest.version > after else None


def _selection(selection: Selection, page: str) -> dict[str, Any]:
    return {"page": page, "ids": selection.packed, "version": selection.version}


@cache
def _component() -> Any:
    return st.components.v2.component("aeexplorer.linked", js=_LOADER, isolate_styles=False)
