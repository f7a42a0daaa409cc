"""Concepts kept with the run: saved under a name, opened again, taken home, deleted."""

import streamlit as st

from aeexplorer.analysis.latents.concepts import Direction
from aeexplorer.analysis.latents.saved_concepts import Concept, concept_json, delete_concept, save_concept, saved_concepts
from aeexplorer.core.errors import UserError
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState

_NAME, _REFUSED = "concepts.name", "concepts.refused"


def keep_concepts(scene: Scene, found: Direction | None) -> None:
    """The saved concepts to choose among; the one that is looked at to be saved or, where it is a saved one, taken home."""
    saved = {concept.name: concept for concept in saved_concepts(scene.run)}
    title = escape(scene.state.concept) or (f"Saved ({len(saved)})" if saved else "Save")
    with st.popover(title, icon=":material/bookmark:", type="tertiary"):
        if saved:
            st.selectbox(
                "Saved with this run",
                ["", *saved],
                format_func=lambda name: name or "none: from A and B",
                **state.bound(ExploreState, "concept"),
            )
        chosen = saved.get(scene.state.concept)
        if chosen is not None:
            _take_home(scene, chosen)
        elif found is not None:
            st.text_input("Name of this direction", key=_NAME, placeholder="such as: slanted", max_chars=60)
            st.button("Save", icon=":material/save:", key="concepts.save", on_click=_save, args=(scene, found))
        elif not saved:
            st.caption("A direction that you find is saved here, under a name.")
        if refused := state.get(_REFUSED, ""):
            st.error(escape(refused), icon=":material/error:")
            state.drop(_REFUSED)


def _take_home(scene: Scene, chosen: Concept) -> None:
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


def _save(scene: Scene, found: Direction) -> None:
    name = str(state.get(_NAME, ""))
    try:
        saved = save_concept(scene.run, name, scene.state.direction, found)
    except UserError as error:
        state.put({_REFUSED: str(error)})
        return
    state.put({_NAME: ""})
    scene.change(concept=saved.name)


def _delete(scene: Scene, name: str) -> None:
    delete_concept(scene.run, name)
    scene.change(concept="")
