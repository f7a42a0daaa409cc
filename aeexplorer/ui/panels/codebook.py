"""The codebook: how its entries are used, changed, laid out, combined."""

from collections.abc import Callable, Mapping

import streamlit as st

from aeexplorer.analysis.codebook import codebook_size
from aeexplorer.ui import state
from aeexplorer.ui.codebook.map import hear_map, show_map
from aeexplorer.ui.codebook.relations import hear_labels, hear_together, show_labels, show_together
from aeexplorer.ui.codebook.surgery import show_surgery
from aeexplorer.ui.codebook.usage import hear_usage, show_usage
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.panels.base import Panel
from aeexplorer.ui.state import ExploreState

_SIDES: Mapping[str, tuple[str, Callable[[Scene], None]]] = {
    "usage": ("Usage", show_usage),
    "surgery": ("Surgery", show_surgery),
    "map": ("Code map", show_map),
    "together": ("Together", show_together),
    "labels": ("By label", show_labels),
}
"""Title and drawing of each side, by its name in the address."""
_HEARS: Mapping[str, Callable[[Scene], None]] = {
    "usage": hear_usage,
    "map": hear_map,
    "together": hear_together,
    "labels": hear_labels,
}
"""What takes the clicks in the charts of a side."""


def _draw(scene: Scene) -> None:
    if scene.state.code >= codebook_size(scene.run):
        scene.change(code=-1)
    offered = [name for name in _SIDES if name != "labels" or scene.run.dataset.label_names]
    if scene.state.book not in offered:
        scene.change(book=offered[0])
    st.segmented_control(
        "Side of the codebook",
        offered,
        format_func=lambda name: _SIDES[name][0],
        required=True,
        label_visibility="collapsed",
        **state.bound(ExploreState, "book"),
    )
    _SIDES[scene.state.book][1](scene)


def _hear(scene: Scene) -> None:
    if take := _HEARS.get(scene.state.book):
        take(scene)


def _click(scene: Scene, sample: int) -> None:
    """A sample clicked on the map is the one whose codes are shown."""
    scene.change(patient=sample, edits="")


PANEL = Panel("codebook", "Codebook", "model", 10, frozenset({"results", "codebook"}), _draw, _click, hear=_hear)
