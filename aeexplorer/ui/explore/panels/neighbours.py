"""The samples nearest to one sample in a space, and their ranks in the other spaces: latents, inputs and map."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.samples.similar import SampleSpaces, SimilarSamples, Space, sample_spaces, similar_samples
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.page_map import current_page_map
from aeexplorer.ui.explore.panels._samples import choose_samples
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.maps.latent_map import label_texts
from aeexplorer.views.maps.overlay import Overlay, links_overlay

COUNT = 12
"""Number of nearest samples."""
HEIGHT = 330
"""Height of the table in CSS pixels."""
SPACES = {"latents": "Latent space", "inputs": "Inputs", "map": "Map"}
MEASURES = {"euclidean": "L2", "cosine": "Cosine"}
_OTHER_SPACES: Mapping[Space, tuple[Space, Space]] = {
    "latents": ("map", "inputs"),
    "inputs": ("latents", "map"),
    "map": ("latents", "inputs"),
}
"""The other two spaces of each space."""
_RANK_TITLES: Mapping[Space, tuple[str, str]] = {
    "latents": ("latent rank", "in the latent space"),
    "inputs": ("input rank", "by the inputs"),
    "map": ("map rank", "on the map"),
}
"""Column title of the ranks in each space, and the name of the space in a sentence."""


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
            help="L2: length of the difference. Cosine: 1 minus the cosine of the angle at the origin.",
            **state.bound(ExploreState, "measure"),
        )
    sample = _sample(scene)
    if sample < 0:
        st.markdown("Click a point on the map or select a sample to see the samples that are most similar to it for the model.")
        return
    similar = _similar(scene, current_page_map(scene.run, scene.state).projection, sample)
    with st.container(horizontal=True, vertical_alignment="center"):
        label = label_texts(scene.run, np.array([sample]))
        st.markdown(f"Nearest to **sample {sample}**{f' ({escape(label[0])})' if label else ''}", width="content")
        st.space("stretch")
        st.button(
            "Select these",
            icon=":material/select_all:",
            key="neighbours.light",
            on_click=scene.select,
            args=([sample, *similar.ids.tolist()],),
            help="Select all of these samples. Tick rows to select only some of them.",
        )
    ranks = {_RANK_TITLES[name][0]: similar.ranks[name] for name in _OTHER_SPACES[scene.state.near]}
    key = f"neighbours.{scene.run.id}.{sample}.{scene.state.near}.{scene.state.measure}.{scene.state.method}"
    st.caption(_rank_text(scene, similar))
    choose_samples(scene.run, similar.ids, {"distance": similar.distances, **ranks}, key, scene.select, HEIGHT)


def _rank_text(scene: Scene, similar: SimilarSamples) -> str:
    """Return how many of the nearest samples are also nearest in the other spaces, and how many samples were compared."""
    count = len(similar.ids)
    also = ", ".join(
        f"**{(similar.ranks[name] <= count).sum()}** {_RANK_TITLES[name][1]}" for name in _OTHER_SPACES[scene.state.near]
    )
    return f"Also among the {count} nearest: {also} · of {similar.compared:,} compared"


def _sample(scene: Scene) -> int:
    """Return the id of the clicked sample, or else of the first selected sample; −1 if there is none."""
    if 0 <= scene.state.like < scene.run.dataset.n:
        return scene.state.like
    return int(scene.selected[0]) if len(scene.selected) else -1


def _similar(scene: Scene, projection: Projection, sample: int) -> SimilarSamples:
    page_state, run = scene.state, scene.run
    spaces_key = (run.id, version_of(run.id), projection.method, projection.dims, len(projection.ids), projection.seconds)
    spaces = _cached_spaces(spaces_key, run, projection)
    key = (*spaces_key, sample, page_state.near, page_state.measure)
    return _cached_similar(key, run, projection, spaces, sample, page_state)


@st.cache_resource(max_entries=4, show_spinner="Comparing samples …")
def _cached_spaces(key: tuple[object, ...], _run: Run, _projection: Projection) -> SampleSpaces:
    return sample_spaces(_run, _projection)


@st.cache_resource(max_entries=256, show_spinner=False)
def _cached_similar(
    key: tuple[object, ...],
    _run: Run,
    _projection: Projection,
    _spaces: SampleSpaces,
    _sample: int,
    _page_state: ExploreState,
) -> SimilarSamples:
    return similar_samples(_run, _projection, _spaces, _sample, _page_state.near, _page_state.measure, COUNT)


def _overlays(scene: Scene, projection: Projection) -> list[Overlay]:
    sample = _sample(scene)
    if sample < 0:
        return []
    rows = np.searchsorted(projection.ids, _similar(scene, projection, sample).ids)
    position = projection.xy[projection.ids == sample]  # (1, dims), or (0, dims) if the sample is not on the map
    return [links_overlay(position[0], projection.xy[rows])] if len(position) else []


def _click(scene: Scene, sample: int) -> None:
    scene.change(like=sample)


PANEL = Panel("neighbours", "Neighbours", "samples", 12, frozenset({"results"}), _draw, _click, _overlays)
