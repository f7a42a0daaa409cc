"""Tags: the selection under a name, kept with the run."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from aeexplorer.analysis.samples.tags import TAG_PREFIX, remove_tag, rename_tag, save_tag, tags_of
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state

T = TypeVar("T")
_NAME, _RENAMED, _REMOVED = "explore.tag name", "explore.tag renamed", "explore.tag removed"
HEIGHT = 320


def tags(scene: Scene) -> None:
    """A list of the run's tags, and a name for the selection; drawn when it is opened."""
    opened = st.popover("Tags", icon=":material/label:", type="tertiary", key="explore.tags", on_change="rerun")
    if not opened.open:
        return
    known = tags_of(scene.run)
    with opened:
        if len(scene.selected):
            form = st.form("explore.tag", clear_on_submit=True, border=False)
            row = form.container(horizontal=True, vertical_alignment="bottom")
            row.text_input(f"Name for the {len(scene.selected):,} selected samples", key=_NAME, max_chars=60)
            row.form_submit_button("Save", type="primary", on_click=_save, args=(scene,))
        elif not known:
            st.markdown("Select samples, and give them a name here. It is kept with the run, for everyone.")
        with show_errors():
            if trouble := state.get(f"{_NAME} refused", None):
                state.drop(f"{_NAME} refused")
                raise trouble
        with st.container(height=HEIGHT if len(known) > 6 else "content", border=False):
            for place, (name, ids) in enumerate(known.items()):
                _line(scene, place, name, ids)
        _undo(scene.run)


def _line(scene: Scene, place: int, name: str, ids: np.ndarray) -> None:
    key = f"explore.tag.{place}"
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if state.get(_RENAMED, None) == (scene.run.id, name):
            state.put({f"{key}.name": name})
            st.text_input(
                "New name",
                key=f"{key}.name",
                label_visibility="collapsed",
                max_chars=60,
                on_change=_rename,
                args=(scene, name, key),
            )
            return
        title = f"{escape(name)} :gray[{len(ids):,}]"
        st.button(title, key=key, help="Select its samples", width="stretch", on_click=scene.select, args=(ids,))
        shared = {"type": "tertiary"}
        st.button(
            "",
            icon=":material/palette:",
            help="Colour the map by it",
            key=f"{key}.colour",
            on_click=_colour,
            args=(scene, name),
            **shared,
        )
        st.button(
            "",
            icon=":material/edit:",
            help="Rename",
            key=f"{key}.edit",
            on_click=state.put,
            args=({_RENAMED: (scene.run.id, name)},),
            **shared,
        )
        st.button(
            "", icon=":material/delete:", help="Remove", key=f"{key}.remove", on_click=_remove, args=(scene, name), **shared
        )


def _undo(run: Run) -> None:
    removed = state.get(_REMOVED, None)
    if removed and removed[0] == run.id and removed[1] not in tags_of(run):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Removed {escape(removed[1])}.")
            st.button(
                "Undo",
                type="tertiary",
                icon=":material/undo:",
                key="explore.tag.undo",
                on_click=_attempt,
                args=(save_tag, run, *removed[1:]),
            )


def _save(scene: Scene) -> None:
    _attempt(save_tag, scene.run, str(state.get(_NAME, "")), scene.selected)


def _rename(scene: Scene, name: str, key: str) -> None:
    state.drop(_RENAMED)
    new = _attempt(rename_tag, scene.run, name, str(state.get(f"{key}.name", "")))
    if new and scene.state.colour == TAG_PREFIX + name:
        scene.change(colour=TAG_PREFIX + new)


def _remove(scene: Scene, name: str) -> None:
    ids = _attempt(remove_tag, scene.run, name)
    if ids is not None:
        state.put({_REMOVED: (scene.run.id, name, ids)})


def _attempt(change: Callable[..., T], *given: Any) -> T | None:
    """Change the tags; what is refused is told in the list."""
    try:
        return change(*given)
    except UserError as error:
        state.put({f"{_NAME} refused": error})
        return None


def _colour(scene: Scene, name: str) -> None:
    scene.change(colour=TAG_PREFIX + name)
