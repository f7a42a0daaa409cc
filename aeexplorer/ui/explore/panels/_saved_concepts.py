"""Saved concepts of a run: save under a name, open, download and delete."""

import streamlit as st

from aeexplorer.analysis.latents.concepts import Direction
from aeexplorer.analysis.latents.saved_concepts import Concept, concept_json, delete_concept, save_concept, saved_concepts
from aeexplorer.core.errors import UserError
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState

_NAME, _ERROR = "concepts.name", "concepts.refused"


def draw_saved_concepts(scene: Scene, direction: Direction | None) -> None:
    """Draw the list of saved concepts. The open direction can be saved; an open saved concept can be downloaded or deleted."""
    saved = {concept.name: concept for concept in saved_concepts(scene.run)}
    title = escape(scene.state.concept) or (f"Saved ({len(saved)})" if saved else "Save")
    with st.popover(title, icon=":material/bookmark:", type="tertiary"):
        if saved:
            st.selectbox(
                "Saved with this run",
                ["", *saved],
                format_func=lambda name: name or "none: the direction from B to A",
                **state.bound(ExploreState, "concept"),
            )
        chosen = saved.get(scene.state.concept)
        if chosen is not None:
            _draw_downloads(scene, chosen)
        elif direction is not None:
            st.text_input("Name of this direction", key=_NAME, placeholder="such as: slanted", max_chars=60)
            st.button("Save", icon=":material/save:", key="concepts.save", on_click=_save, args=(scene, direction))
        elif not saved:
            st.caption("Directions that you find can be saved here under a name.")
        if error := state.get(_ERROR, ""):
            st.error(escape(error), icon=":material/error:")
            state.drop(_ERROR)


def _draw_downloads(scene: Scene, chosen: Concept) -> None:
    with st.container(horizontal=True):
        st.download_button(
            "JSON",
            concept_json(chosen),
            f"{scene.run.id}-concept.json",
            "application/json",
            on_click="ignore",
            icon=":material/download:",
            key="concepts.json",
        )
        st.button("Delete", icon=":material/delete:", key="concepts.delete", on_click=_delete, args=(scene, chosen.name))


def _save(scene: Scene, direction: Direction) -> None:
    name = str(state.get(_NAME, ""))
    try:
        saved = save_concept(scene.run, name, scene.state.direction, direction)
    except UserError as error:
        state.put({_ERROR: str(error)})
        return
    state.put({_NAME: ""})
    scene.change(concept=saved.name)


def _delete(scene: Scene, name: str) -> None:
    delete_concept(scene.run, name)
    scene.change(concept="")
