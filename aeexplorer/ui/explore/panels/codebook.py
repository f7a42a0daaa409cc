"""The codebook: how its entries are used, changed, laid out, combined."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from aeexplorer.analysis.codes.codebook import codebook_size
from aeexplorer.ui.explore.codebook.map import hear_map, show_map
from aeexplorer.ui.explore.codebook.relations import hear_labels, hear_together, show_labels, show_together
from aeexplorer.ui.explore.codebook.surgery import show_surgery
from aeexplorer.ui.explore.codebook.usage import hear_usage, show_usage
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.session import state
from aeexplorer.ui.session.state import ExploreState


@dataclass(frozen=True)
class _Side:
    """One side of the codebook: its title, how it is drawn, and what takes the clicks in its charts."""

    title: str
    show: Callable[[Scene], None]
    hear: Callable[[Scene], None] | None = None


_SIDES: Mapping[str, _Side] = {
    "usage": _Side("Usage", show_usage, hear_usage),
    "surgery": _Side("Surgery", show_surgery),
    "map": _Side("Code map", show_map, hear_map),
    "together": _Side("Together", show_together, hear_together),
    "labels": _Side("By label", show_labels, hear_labels),
}
"""By their names in the address."""


def _draw(scene: Scene) -> None:
    if scene.state.code >= codebook_size(scene.run):
        scene.change(code=-1)
    offered = [name for name in _SIDES if name != "labels" or scene.run.dataset.label_names]
    if scene.state.book not in offered:
        scene.change(book=offered[0])
    st.segmented_control(
        "Side of the codebook",
        offered,
        format_func=lambda name: _SIDES[name].title,
        required=True,
        label_visibility="collapsed",
        **state.bound(ExploreState, "book"),
    )
    _SIDES[scene.state.book].show(scene)


def _hear(scene: Scene) -> None:
    side = _SIDES.get(scene.state.book)
    if side and side.hear:
        side.hear(scene)


def _click(scene: Scene, sample: int) -> None:
    """A sample clicked on the map is the one whose codes are shown."""
    scene.change(patient=sample, edits="")


PANEL = Panel("codebook", "Codebook", "model", 10, frozenset({"results", "codebook"}), _draw, _click, hear=_hear)
