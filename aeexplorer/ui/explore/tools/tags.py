"""Tags: named selections that are stored with the run."""

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


def draw_tags(scene: Scene) -> None:
    """Draw the popover Tags: a list of the run's tags, and a form that tags the selection. It is drawn when it is open."""
    popover = st.popover("Tags", icon=":material/label:", type="tertiary", key="explore.tags", on_change="rerun")
    if not popover.open:
        return
    run_tags = tags_of(scene.run)
    with popover:
        if len(scene.selected):
            form = st.form("explore.tag", clear_on_submit=True, border=False)
            row = form.container(horizontal=True, vertical_alignment="bottom")
            row.text_input(f"Name for the {len(scene.selected):,} selected samples", key=_NAME, max_chars=60)
            row.form_submit_button("Save", type="primary", on_click=_save, args=(scene,))
        elif not run_tags:
            st.markdown("Select samples and give them a name here. The tag is stored with the run, for all users.")
        with show_errors():
            if error := state.get(f"{_NAME} refused", None):
                state.drop(f"{_NAME} refused")
                raise error
        with st.container(height=HEIGHT if len(run_tags) > 6 else "content", border=False):
            for i, (name, ids) in enumerate(run_tags.items()):
                _draw_tag(scene, i, name, ids)
        _draw_undo(scene.run)


def _draw_tag(scene: Scene, i: int, name: str, ids: np.ndarray) -> None:
    """Draw one tag with its buttons, or the input for its new name."""
    key = f"explore.tag.{i}"
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
        st.button(title, key=key, help="Select the samples with this tag", width="stretch", on_click=scene.select, args=(ids,))
        options = {"type": "tertiary"}
        st.button(
            "",
            icon=":material/palette:",
            help="Colour the map by this tag",
            key=f"{key}.colour",
            on_click=_colour_by_tag,
            args=(scene, name),
            **options,
        )
        st.button(
            "",
            icon=":material/edit:",
            help="Rename",
            key=f"{key}.edit",
            on_click=state.put,
            args=({_RENAMED: (scene.run.id, name)},),
            **options,
        )
        st.button(
            "", icon=":material/delete:", help="Remove", key=f"{key}.remove", on_click=_remove, args=(scene, name), **options
        )


def _draw_undo(run: Run) -> None:
    """Draw a button that restores the tag that was removed last."""
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


def _attempt(change: Callable[..., T], *arguments: Any) -> T | None:
    """Change the tags. A `UserError` is shown in the popover."""
    try:
        return change(*arguments)
    except UserError as error:
        state.put({f"{_NAME} refused": error})
        return None


def _colour_by_tag(scene: Scene, name: str) -> None:
    scene.change(colour=TAG_PREFIX + name)
