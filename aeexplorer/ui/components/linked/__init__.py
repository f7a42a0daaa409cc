"""Linked charts: Plotly figures that share one selection of samples in the browser.

When samples are selected in one chart of a page, all its charts dim the other samples at once, without asking the server.
Python learns of the selection a quarter of a second later: the script or the fragment that holds the chart runs again.
A page reads all events once, at its top, changes its state, and then draws::

    events = take_events("explore")
    selection = selection.after(events.values())
    for name, figure in figures.items():
        linked_chart(figure, key=name, run=run, selection=selection)

`Selection.replaced` makes a selection in Python (from a link, or for a "clear" button); the charts follow it. The
selection with the higher version wins, so a selection that the browser reported and Python sends back changes nothing.
Build figures only where their inputs change and keep them: the bytes of a `LinkedFigure` are made once for each object.

The ASGI app must mount `aeexplorer.routes.plotlyjs.ROUTES`.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import streamlit as st

from aeexplorer.routes.plotlyjs import LINKED_NAME
from aeexplorer.ui.components.linked.codec import Payload, encode, encode_overlays
from aeexplorer.ui.components.linked.events import ChartEvent, VisibleArea, register_chart, take_events
from aeexplorer.ui.session.selection import Selection
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.maps.overlay import Overlay

__all__ = ["ChartEvent", "VisibleArea", "linked_chart", "take_events"]

# The page's own script tells the base path of the server. Everything else is a module of ours, which browsers cache.
_LOADER = f"""
const base = document.querySelector("script[type=module][src*='static/js/']").src.split("static/js/")[0];
export default async (component) => (await import(`${{base}}aex/{LINKED_NAME}/main.js`)).default(component);
"""

_payloads: WeakKeyDictionary[LinkedFigure, dict[tuple[Any, ...], Payload]] = WeakKeyDictionary()


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
) -> ChartEvent:
    """Draw a linked chart.

    Parameters
    ----------
    linked
        The figure and its marks.
    key
        Key of the chart, also for tests: its element has the class `st-key-<key>`. In session state it holds
        `{"event": {"version": int, "ids": pack_ids(...), "click": None or {"id", "group", "x", "y"}}}`, and `"sight"`, see
        `more`.
    run
        Id of the run whose samples these are; hovering requests pictures from the routes below `/aex/runs/<run>/`.
    height
        Height of the plot in CSS pixels.
    selection
        The page's selection.
    page
        Charts of the same page share a selection.
    more
        Whether there are more samples than the figure shows: the script then runs again when a person has zoomed, and
        `VisibleArea.of` the chart's state says where.
    zoom
        Whether the browser keeps the visible part of the figure in the address, as ``zoom``. At most one chart of a page does.
    overlays
        What is laid over the figure, sent apart from it; None in a chart that never has overlays.

    Returns
    -------
    ChartEvent
        The latest thing done in this chart.
    """
    register_chart(page, key)
    forms = _payloads.setdefault(linked, {})
    overlaid = overlays is not None
    form = (key, run, page, height, more, zoom, overlaid)
    if form not in forms:
        names = {"key": key, "run": run, "page": page}
        forms[form] = encode(linked, **names, height=height, more=more, zoom=zoom, overlaid=overlaid)
    payload = forms[form]
    component = _component()
    with st.container(gap=None):
        # separate components: a change of colours does not send the positions again, nor a selection the figure
        state = component(key=key, data=payload.figure)
        if payload.places is not None:
            component(key=f"{key}-places", data=payload.places)
        if overlays is not None:
            component(key=f"{key}-overlays", data=encode_overlays(overlays, key, payload.figure))
        component(key=f"{key}-selection", data=_selection(selection, page))
    return ChartEvent.of(state)


def _selection(selection: Selection, page: str) -> dict[str, Any]:
    return {"page": page, "ids": selection.packed, "version": selection.version}


@cache
def _component() -> Any:
    return st.components.v2.component("aeexplorer.linked", js=_LOADER, isolate_styles=False)
