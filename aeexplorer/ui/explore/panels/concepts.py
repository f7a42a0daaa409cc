"""Concepts: directions in the latent space between two sets of samples, walked along from any sample; and a − b + c."""

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
from aeexplorer.ui.explore.panels._keeping import keep_concepts
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
SIDE, LARGE = 52, 84
MODES = {"direction": "Direction", "arithmetic": "Arithmetic"}


def _prepare(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    if scene.state.concept and all(concept.name != scene.state.concept for concept in saved_concepts(scene.run)):
        scene.change(concept="")
    if scene.state.subject >= scene.run.dataset.n:
        scene.change(subject=-1)


def _draw(scene: Scene) -> None:
    if scene.state.concepts == "arithmetic":
        _choose_mode()
        draw_arithmetic(scene)
        return
    found = _direction(scene)
    with st.container(horizontal=True, vertical_alignment="center"):
        _choose_mode()
        st.space("stretch")
        keep_concepts(scene, found)
    _sides(scene)
    if found is None:
        st.markdown("Select samples that share something (drag over points, or *Find* them), then **keep them as A**.")
        return
    st.caption(_said(found))
    if scene.state.subject < 0:
        st.markdown("Click a sample on the map to move it along the concept.")
        return
    _move(scene, found)


def _choose_mode() -> None:
    st.segmented_control(
        "Concepts",
        list(MODES),
        format_func=MODES.__getitem__,
        required=True,
        label_visibility="collapsed",
        **state.bound(ExploreState, "concepts"),
    )


def _sides(scene: Scene) -> None:
    """Keep the selection as a side; how the direction between the sides is found."""
    sides = {"A": scene.state.side_a, "B": scene.state.side_b}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for side, what in (("A", "have it"), ("B", "lack it")):
            st.button(
                f"Keep as {side}",
                key=f"concepts.{side}",
                disabled=not len(scene.selected),
                on_click=_keep,
                args=(scene, side),
                help=f"The selected samples {what}." + (" Without any, B is all others." if side == "B" else ""),
            )
        if sides["A"] or sides["B"] or scene.state.concept:
            st.button("Clear", key="concepts.clear", type="tertiary", icon=":material/close:", on_click=_clear, args=(scene,))
        if not scene.state.concept:
            st.selectbox(
                "Direction by",
                list(DIRECTION_KINDS),
                format_func=lambda kind: DIRECTION_KINDS[kind][0],
                label_visibility="collapsed",
                width=180,
                help="From the mean of B to that of A, or across the plane that separates them best.",
                **state.bound(ExploreState, "direction"),
            )


def _keep(scene: Scene, side: str) -> None:
    text = to_text(scene.selected, scene.run.folder / "selections")
    scene.change(concept="", **{f"side_{side.lower()}": text})


def _clear(scene: Scene) -> None:
    scene.change(concept="", side_a="", side_b="")


def _direction(scene: Scene) -> Direction | None:
    """The saved concept that is chosen, else the direction between the sides; None before there is an A."""
    shown, run = scene.state, scene.run
    if shown.concept:
        saved = next((one for one in saved_concepts(run) if one.name == shown.concept), None)
        return None if saved is None else saved.direction
    a, b = (_ids(run, text) for text in (scene.state.side_a, scene.state.side_b))
    if not len(a):
        return None
    return _found((run.id, version_of(run.id), shown.side_a, shown.side_b, shown.direction), run, a, b, shown.direction)


def _ids(run: Run, text: str) -> np.ndarray:
    ids = from_text(text, run.folder / "selections")
    return np.empty(0, np.int32) if ids is None else ids[ids < run.dataset.n]


@st.cache_resource(max_entries=64, show_spinner="Finding the direction …")
def _found(key: tuple[object, ...], _run: Run, _a: np.ndarray, _b: np.ndarray, kind: str) -> Direction:
    return find_direction(_run, _a, _b, kind)


def _said(found: Direction) -> str:
    a, b = found.sizes
    told = f"A {a:,} samples, B {b:,}"
    if found.auc is None:
        return f"{told} · too few to say how well the direction tells A from B"
    return f"{told} · held-out AUC **{found.auc:.3f}** (1 tells A from B, 0.5 is chance)"


def _move(scene: Scene, found: Direction) -> None:
    run, sample, chosen = scene.run, scene.state.subject, scene.state.strength
    strip = move_along(run, sample, found.vector, STRENGTHS)
    titles = [f"{strength:+g}".replace("-", "−") if strength else "0" for strength in STRENGTHS.tolist()]
    show_strip(run, strip, titles, SIDE, f"Sample {sample} moved along the concept")
    st.caption(f"Sample {sample} at strengths {titles[0]} to {titles[-1]}, in the middle its own reconstruction")
    st.slider("Strength", -3.0, 3.0, step=0.1, format="%+.1f", **state.bound(ExploreState, "strength"))
    pair = move_along(run, sample, found.vector, np.array([0.0, chosen]))
    left, right = st.columns([2, 3], vertical_alignment="center")
    with left:
        show_strip(run, pair, ["0", f"{chosen:+.1f}"], LARGE, f"Sample {sample}", 2)
    with right:
        here, there = (latent_neighbourhood(run, latent, scene.ids, latents_of(scene), (sample,)) for latent in pair)
        st.markdown(f"{len(here.ids)} nearest at 0: {landing_text(here)}  \nat {chosen:+.1f}: **{landing_text(there)}**")
        st.caption(f"Nearest in the latent space: sample {there.ids[0]}, {there.distances[0]:.2f} away")
        st.button(
            "Light these up", icon=":material/lightbulb:", key="concepts.light", on_click=scene.select, args=(there.ids.tolist(),)
        )


def landing_text(found: LatentNeighbourhood) -> str:
    """The labels around a latent, or the ids where there are none."""
    if found.labels:
        return ", ".join(f"{escape(label)} ({count})" for label, count in found.labels.items())
    return f"samples {', '.join(map(str, found.ids[:5].tolist()))}"


def _overlays(scene: Scene, made: Projection) -> list[Overlay]:
    if scene.state.concepts == "arithmetic":
        return arithmetic_overlays(scene, made)
    found = _direction(scene)
    if found is None or not 0 <= scene.state.subject < scene.run.dataset.n:
        return []
    return [
        path_overlay(
            place_latents(made, scene.run, move_along(scene.run, scene.state.subject, found.vector, STRENGTHS)), "concept"
        )
    ]


def _click(scene: Scene, sample: int) -> None:
    if scene.state.concepts == "arithmetic":
        arithmetic_click(scene, sample)
    else:
        scene.change(subject=sample)


PANEL = Panel("concepts", "Concepts", "space", 14, frozenset({"results"}), _draw, _click, _overlays, _prepare)
