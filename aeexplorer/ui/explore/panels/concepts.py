"""Concepts: directions in the latent space between two sets of samples, along which a sample is moved; and a − b + c."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from aeexplorer.analysis.latents.concepts import (
    DIRECTION_KINDS,
    Direction,
    LatentNeighbourhood,
    find_direction,
    latent_neighbourhood,
    move_along,
)
from aeexplorer.analysis.latents.saved_concepts import saved_concepts
from aeexplorer.analysis.maps.projection import Projection, place_latents
from aeexplorer.training.run import Run
from aeexplorer.ui.components.linked import ChartEvent
from aeexplorer.ui.explore.panels._arithmetic import arithmetic_click, arithmetic_overlays, draw_arithmetic
from aeexplorer.ui.explore.panels._saved_concepts import draw_saved_concepts
from aeexplorer.ui.explore.panels._strip import latents_of, show_strip
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState
from aeexplorer.ui.session.selection import from_text, to_text
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.maps.overlay import Overlay, path_overlay

STRENGTHS = np.linspace(-1, 1, 9)
"""Strengths of the moves in the strip of pictures."""
SIDE, LARGE_SIDE = 52, 84
"""Sides of pictures in pixels."""
VIEWS = {"direction": "Direction", "arithmetic": "Arithmetic"}


def _prepare(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    if scene.state.concept and all(concept.name != scene.state.concept for concept in saved_concepts(scene.run)):
        scene.change(concept="")
    if scene.state.subject >= scene.run.dataset.n:
        scene.change(subject=-1)


def _draw(scene: Scene) -> None:
    if scene.state.concepts == "arithmetic":
        _choose_view()
        draw_arithmetic(scene)
        return
    direction = _direction(scene)
    with st.container(horizontal=True, vertical_alignment="center"):
        _choose_view()
        st.space("stretch")
        draw_saved_concepts(scene, direction)
    _choose_sets(scene)
    if direction is None:
        st.markdown("Select samples that share something (drag over points, or *Find* them), then choose **Use as A**.")
        return
    st.caption(_direction_text(direction))
    if scene.state.subject < 0:
        st.markdown("Click a sample on the map to move it along the concept.")
        return
    _draw_moves(scene, direction)


def _choose_view() -> None:
    st.segmented_control(
        "Concepts",
        list(VIEWS),
        format_func=VIEWS.__getitem__,
        required=True,
        label_visibility="collapsed",
        **state.bound(ExploreState, "concepts"),
    )


def _choose_sets(scene: Scene) -> None:
    """Draw the buttons that use the selection as a set, and the choice of the method for the direction."""
    sets = {"A": scene.state.side_a, "B": scene.state.side_b}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for name, meaning in (("A", "have the concept"), ("B", "do not have the concept")):
            st.button(
                f"Use as {name}",
                key=f"concepts.{name}",
                disabled=not len(scene.selected),
                on_click=_use_selection,
                args=(scene, name),
                help=f"The selected samples {meaning}."
                + (" Without a set B, all other samples are used." if name == "B" else ""),
            )
        if sets["A"] or sets["B"] or scene.state.concept:
            st.button("Clear", key="concepts.clear", type="tertiary", icon=":material/close:", on_click=_clear, args=(scene,))
        if not scene.state.concept:
            st.selectbox(
                "Direction by",
                list(DIRECTION_KINDS),
                format_func=lambda kind: DIRECTION_KINDS[kind][0],
                label_visibility="collapsed",
                width=180,
                help="From the mean of B to the mean of A, or perpendicular to the plane that separates A and B best.",
                **state.bound(ExploreState, "direction"),
            )


def _use_selection(scene: Scene, name: str) -> None:
    """Use the selection as the set A or B."""
    text = to_text(scene.selected, scene.run.folder / "selections")
    scene.change(concept="", **{f"side_{name.lower()}": text})


def _clear(scene: Scene) -> None:
    scene.change(concept="", side_a="", side_b="")


def _direction(scene: Scene) -> Direction | None:
    """Return the direction of the open saved concept, or else between the sets B and A; None if there is no set A."""
    page_state, run = scene.state, scene.run
    if page_state.concept:
        saved = next((concept for concept in saved_concepts(run) if concept.name == page_state.concept), None)
        return None if saved is None else saved.direction
    a, b = (_ids(run, text) for text in (page_state.side_a, page_state.side_b))
    if not len(a):
        return None
    key = (run.id, version_of(run.id), page_state.side_a, page_state.side_b, page_state.direction)
    return _cached_direction(key, run, a, b, page_state.direction)


def _ids(run: Run, text: str) -> np.ndarray:
    """Return the ids of a set, int32 ``(n,)``; empty if the text is not a selection."""
    ids = from_text(text, run.folder / "selections")
    return np.empty(0, np.int32) if ids is None else ids[ids < run.dataset.n]


@st.cache_resource(max_entries=64, show_spinner="Computing the direction …")
def _cached_direction(key: tuple[object, ...], _run: Run, _a: np.ndarray, _b: np.ndarray, kind: str) -> Direction:
    return find_direction(_run, _a, _b, kind)


def _direction_text(direction: Direction) -> str:
    """Return the sizes of the sets, and how well the direction separates them, as a sentence."""
    a, b = direction.sizes
    text = f"A {a:,} samples, B {b:,}"
    if direction.auc is None:
        return f"{text} · too few samples to measure how well the direction separates A and B"
    return f"{text} · held-out AUC **{direction.auc:.3f}** (1: separates A and B, 0.5: chance)"


def _draw_moves(scene: Scene, direction: Direction) -> None:
    """Draw the sample moved along the concept at several strengths, and at the chosen strength."""
    run, sample, strength = scene.run, scene.state.subject, scene.state.strength
    strip = move_along(run, sample, direction.vector, STRENGTHS)
    titles = [f"{value:+g}".replace("-", "−") if value else "0" for value in STRENGTHS.tolist()]
    show_strip(run, strip, titles, SIDE, f"Sample {sample} moved along the concept")
    st.caption(f"Sample {sample} at strengths {titles[0]} to {titles[-1]}, with its own reconstruction in the middle")
    st.slider("Strength", -3.0, 3.0, step=0.1, format="%+.1f", **state.bound(ExploreState, "strength"))
    pair = move_along(run, sample, direction.vector, np.array([0.0, strength]))
    left, right = st.columns([2, 3], vertical_alignment="center")
    with left:
        show_strip(run, pair, ["0", f"{strength:+.1f}"], LARGE_SIDE, f"Sample {sample}", 2)
    with right:
        start, end = (latent_neighbourhood(run, latent, scene.ids, latents_of(scene), (sample,)) for latent in pair)
        st.markdown(
            f"{len(start.ids)} nearest at 0: {_neighbourhood_text(start)}  \nat {strength:+.1f}: **{_neighbourhood_text(end)}**"
        )
        st.caption(f"Nearest in the latent space: sample {end.ids[0]}, {end.distances[0]:.2f} away")
        st.button(
            "Select these", icon=":material/select_all:", key="concepts.light", on_click=scene.select, args=(end.ids.tolist(),)
        )


def _neighbourhood_text(neighbourhood: LatentNeighbourhood) -> str:
    """Return the labels of the samples near a latent and their counts, or the ids if there are no labels."""
    if neighbourhood.labels:
        return ", ".join(f"{escape(label)} ({count})" for label, count in neighbourhood.labels.items())
    return f"samples {', '.join(map(str, neighbourhood.ids[:5].tolist()))}"


def _overlays(scene: Scene, projection: Projection) -> list[Overlay]:
    if scene.state.concepts == "arithmetic":
        return arithmetic_overlays(scene, projection)
    sample, direction = scene.state.subject, _direction(scene)
    if direction is None or not 0 <= sample < scene.run.dataset.n:
        return []
    latents = move_along(scene.run, sample, direction.vector, STRENGTHS)
    return [path_overlay(place_latents(projection, scene.run, latents), "concept")]


def _click(scene: Scene, sample: int) -> None:
    if scene.state.concepts == "arithmetic":
        arithmetic_click(scene, sample)
    else:
        scene.change(subject=sample)


PANEL = Panel("concepts", "Concepts", "space", 14, frozenset({"results"}), _draw, _click, _overlays, _prepare)
