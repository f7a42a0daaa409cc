"""The codebook: how its codes are used, edited, mapped and combined."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from aeexplorer.analysis.codes.codebook import codebook_size
from aeexplorer.ui.components.linked import ChartEvent
from aeexplorer.ui.explore.codebook.map import choose_code_on_map, show_map
from aeexplorer.ui.explore.codebook.relations import (
    select_label_and_code,
    select_pair_of_codes,
    show_cooccurrence,
    show_label_usage,
)
from aeexplorer.ui.explore.codebook.surgery import show_surgery, take_edits
from aeexplorer.ui.explore.codebook.usage import choose_clicked_code, show_usage
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState


@dataclass(frozen=True)
class _View:
    """One view of the codebook.

    Parameters
    ----------
    title
        Title of the view.
    show
        Draw the view.
    prepare
        Apply the events of the view's charts, before the page is drawn.
    """

    title: str
    show: Callable[[Scene], None]
    prepare: Callable[[Scene, Mapping[str, ChartEvent]], None]


_VIEWS: Mapping[str, _View] = {
    "usage": _View("Usage", show_usage, choose_clicked_code),
    "surgery": _View("Surgery", show_surgery, take_edits),
    "map": _View("Code map", show_map, choose_code_on_map),
    "together": _View("Together", show_cooccurrence, select_pair_of_codes),
    "labels": _View("By label", show_label_usage, select_label_and_code),
}
"""Views by their names in the address (`ExploreState.book`)."""


def _prepare(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    if scene.state.code >= codebook_size(scene.run):
        scene.change(code=-1)
    offered = _offered(scene)
    if scene.state.book not in offered:
        scene.change(book=offered[0])
    _VIEWS[scene.state.book].prepare(scene, events)


def _draw(scene: Scene) -> None:
    st.segmented_control(
        "View of the codebook",
        _offered(scene),
        format_func=lambda name: _VIEWS[name].title,
        required=True,
        label_visibility="collapsed",
        **state.bound(ExploreState, "book"),
    )
    _VIEWS[scene.state.book].show(scene)


def _offered(scene: Scene) -> list[str]:
    """Return the names of the views that the run has."""
    return [name for name in _VIEWS if name != "labels" or scene.run.dataset.label_names]


def _click(scene: Scene, sample: int) -> None:
    """Show the codes of the clicked sample."""
    scene.change(patient=sample, edits="")


PANEL = Panel("codebook", "Codebook", "model", 10, frozenset({"results", "codebook"}), _draw, _click, prepare=_prepare)
