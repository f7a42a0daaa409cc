"""The samples nearest to one: in the latent space, not in the picture, and which of them the picture keeps near."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.samples.similar import SampleSpaces, SimilarSamples, Space, sample_spaces, similar_samples
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.panels._samples import choose_samples
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.projected import shown_projection
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.maps.latent_map import label_texts
from aeexplorer.views.maps.overlay import Overlay, links_overlay

COUNT = 12
HEIGHT = 330
SPACES = {"latents": "Latent space", "inputs": "Inputs", "map": "Map"}
MEASURES = {"euclidean": "L2", "cosine": "Cosine"}
_OTHERS: Mapping[Space, tuple[Space, Space]] = {
    "latents": ("map", "inputs"),
    "inputs": ("latents", "map"),
    "map": ("latents", "inputs"),
}
_RANKED: Mapping[Space, tuple[str, str]] = {
    "latents": ("latent rank", "in the latent space"),
    "inputs": ("input rank", "by the inputs"),
    "map": ("map rank", "on the map"),
}


def _draw(scene: Scene) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Nearest in", list(SPACES), format_func=SPACES.__getitem__, required=True, **state.bound(ExploreState, "near")
        )
        st.segmented_control(
            "Distance",
            list(MEASURES),
            format_func=MEASURES.__getitem__,
            required=True,
            disabled=scene.state.near == "map",
            help="L2: the length of the difference. Cosine: one less the cosine of the angle at the origin.",
            **state.bound(ExploreState, "measure"),
        )
    sample = _sample(scene)
    if sample < 0:
        st.markdown("Click a point on the map, or select some: here are the samples that the model finds most like it.")
        return
    found = _found(scene, shown_projection(scene.run, scene.state).projection, sample)
    with st.container(horizontal=True, vertical_alignment="center"):
        label = label_texts(scene.run, np.array([sample]))
        st.markdown(f"Nearest to **sample {sample}**{f' ({escape(label[0])})' if label else ''}", width="content")
        st.space("stretch")
        st.button(
            "Light these up",
            icon=":material/lightbulb:",
            key="neighbours.light",
            on_click=scene.select,
            args=([sample, *found.ids.tolist()],),
            help="Selects them in every view. Tick rows to select only those.",
        )
    ranks = {_RANKED[name][0]: found.ranks[name] for name in _OTHERS[scene.state.near]}
    key = f"neighbours.{scene.run.id}.{sample}.{scene.state.near}.{scene.state.measure}.{scene.state.method}"
    st.caption(_said(scene, found))
    choose_samples(scene.run, found.ids, {"distance": found.distances, **ranks}, key, scene.select, HEIGHT)


def _said(scene: Scene, found: SimilarSamples) -> str:
    """How many of the nearest are also among so many nearest elsewhere, and among how many samples they were looked for."""
    count = len(found.ids)
    also = ", ".join(f"**{(found.ranks[name] <= count).sum()}** {_RANKED[name][1]}" for name in _OTHERS[scene.state.near])
    return f"Also among the {count} nearest: {also} · of {found.compared:,} compared"


def _sample(scene: Scene) -> int:
    """The clicked sample, else the first of the selected ones."""
    if 0 <= scene.state.like < scene.run.dataset.n:
        return scene.state.like
    return int(scene.selected[0]) if len(scene.selected) else -1


def _found(scene: Scene, made: Projection, sample: int) -> SimilarSamples:
    shown, run = scene.state, scene.run
    mark = (run.id, version_of(run.id), made.method, made.dims, len(made.ids), made.seconds)
    return _looked_up((*mark, sample, shown.near, shown.measure), run, made, _spaces(mark, run, made), sample, shown)


@st.cache_resource(max_entries=4, show_spinner="Comparing samples …")
def _spaces(mark: tuple[object, ...], _run: Run, _made: Projection) -> SampleSpaces:
    return sample_spaces(_run, _made)


@st.cache_resource(max_entries=256, show_spinner=False)
def _looked_up(
    key: tuple[object, ...], _run: Run, _made: Projection, _within: SampleSpaces, _sample: int, _shown: ExploreState
) -> SimilarSamples:
    return similar_samples(_run, _made, _within, _sample, _shown.near, _shown.measure, COUNT)


def _overlays(scene: Scene, made: Projection) -> list[Overlay]:
    sample = _sample(scene)
    if sample < 0:
        return []
    found = _found(scene, made, sample)
    rows = np.searchsorted(made.ids, found.ids)
    at = made.xy[made.ids == sample]
    return [links_overlay(at[0], made.xy[rows])] if len(at) else []


def _click(scene: Scene, sample: int) -> None:
    scene.change(like=sample)


PANEL = Panel("neighbours", "Neighbours", "samples", 12, frozenset({"results"}), _draw, _click, _overlays)
