"""The layers of the map. Each module of this folder defines one layer."""

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
    """Return the layers that can be drawn on a map, in the order of their places."""
    layers = collect("aeexplorer.ui.explore.layers", Layer).values()
    return sorted((layer for layer in layers if layer.fits(run, projection)), key=lambda layer: layer.place)


def choose_layers(scene: Scene, projection: Projection) -> None:
    """Draw a switch for each layer that fits the map. Draws nothing if no layer fits."""
    layers = offered_layers(scene.run, projection)
    if not layers:
        return
    names_on = _names_on(scene.state)
    with st.popover(f"Layers ({len(names_on)})" if names_on else "Layers", icon=":material/layers:", type="tertiary"):
        for layer in layers:
            key = f"{_KEY}.{layer.name}"
            state.put({key: layer.name in names_on})
            st.toggle(layer.title, key=key, help=layer.help, on_change=_switch, args=(layer.name, key))


def layer_overlays(scene: Scene, projection: Projection, version: tuple[object, ...]) -> tuple[list[Overlay], dict[str, str]]:
    """Return the overlays of the layers that are on, and the missing background jobs of these layers.

    Parameters
    ----------
    scene
        Scene of the page.
    projection
        Projection on the map.
    version
        Identifies the projection in cache keys.

    Returns
    -------
    list of Overlay
        Overlays of the layers whose results are ready.
    dict
        Names of the missing jobs by layer title.
    """
    layers = _layers_on(scene, projection)
    jobs = {layer.title: job for layer in layers if (job := layer.job(scene.run, projection))}
    overlays = [_overlay((*version, layer.name), layer, scene.run, projection) for layer in layers if layer.title not in jobs]
    return overlays, jobs


def samples_at(scene: Scene, projection: Projection, x: float, y: float) -> np.ndarray | None:
    """Return the samples that a click beside the points selects, by the first layer that handles it; None if no layer does."""
    selections = (layer.click(scene.run, projection, x, y) for layer in _layers_on(scene, projection))
    return next((ids for ids in selections if ids is not None), None)


def _layers_on(scene: Scene, projection: Projection) -> list[Layer]:
    return [layer for layer in offered_layers(scene.run, projection) if layer.name in _names_on(scene.state)]


def _names_on(page_state: ExploreState) -> list[str]:
    return page_state.layers.split(",") if page_state.layers else []


def _switch(name: str, key: str) -> None:
    page_state = state.current(ExploreState)
    others = [other for other in _names_on(page_state) if other != name]
    state.update(page_state, layers=",".join([*others, name] if state.get(key, False) else others))


@st.cache_resource(max_entries=32, show_spinner="Drawing the layer …")
def _overlay(key: tuple[object, ...], _layer: Layer, _run: Run, _projection: Projection) -> Overlay:
    return _layer.make(_run, _projection)
