"""The layers of the map: one file each."""

import numpy as np
import streamlit as st

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.core.registry import collect
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.layers.base import Layer
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState
from aeexplorer.views.maps.overlay import Overlay

_KEY = "explore.layers"


def offered_layers(run: Run, projection: Projection) -> list[Layer]:
    """Return the layers that can be drawn on a map, in order."""
    layers = collect("aeexplorer.ui.explore.layers", Layer).values()
    return sorted((layer for layer in layers if layer.fits(run, projection)), key=lambda layer: layer.place)


def choose_layers(scene: Scene, projection: Projection) -> None:
    """Draw a list of the layers with their switches; nothing where none fits the map."""
    layers = offered_layers(scene.run, projection)
    if not layers:
        return
    on = _names_on(scene.state)
    with st.popover(f"Layers ({len(on)})" if on else "Layers", icon=":material/layers:", type="tertiary"):
        for layer in layers:
            key = f"{_KEY}.{layer.name}"
            state.put({key: layer.name in on})
            st.toggle(layer.title, key=key, help=layer.help, on_change=_switch, args=(layer.name, key))


def layer_overlays(scene: Scene, projection: Projection, version: tuple[object, ...]) -> tuple[list[Overlay], dict[str, str]]:
    """Return what the layers that are on draw, and the background jobs that the others of them need, by title.

    `version` identifies the projection in cache keys.
    """
    layers = _layers_on(scene, projection)
    jobs = {layer.title: job for layer in layers if (job := layer.job(scene.run, projection))}
    overlays = [_overlay((*version, layer.name), layer, scene.run, projection) for layer in layers if layer.title not in jobs]
    return overlays, jobs


def samples_at(scene: Scene, projection: Projection, x: float, y: float) -> np.ndarray | None:
    """Return the samples that a click beside all points selects, by the first layer that takes it; None where none does."""
    answers = (layer.click(scene.run, projection, x, y) for layer in _layers_on(scene, projection))
    return next((ids for ids in answers if ids is not None), None)


def _layers_on(scene: Scene, projection: Projection) -> list[Layer]:
    return [layer for layer in offered_layers(scene.run, projection) if layer.name in _names_on(scene.state)]


def _names_on(shown: ExploreState) -> list[str]:
    return shown.layers.split(",") if shown.layers else []


def _switch(name: str, key: str) -> None:
    shown = state.current(ExploreState)
    others = [other for other in _names_on(shown) if other != name]
    state.update(shown, layers=",".join([*others, name] if state.get(key, False) else others))


@st.cache_resource(max_entries=32, show_spinner="Drawing the layer …")
def _overlay(key: tuple[object, ...], _layer: Layer, _run: Run, _projection: Projection) -> Overlay:
    return _layer.make(_run, _projection)
