"""The layers of the map: one file each."""

import numpy as np
import streamlit as st

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.core.registry import collect
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.layers.base import Layer
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.session import state
from aeexplorer.ui.session.state import ExploreState
from aeexplorer.views.maps.overlay import Overlay

_KEY = "explore.layers"


def offered_layers(run: Run, made: Projection) -> list[Layer]:
    """The layers that can be drawn on a map, in order."""
    found = [layer for layer in collect("aeexplorer.ui.explore.layers", Layer).values() if layer.fits(run, made)]
    return sorted(found, key=lambda layer: layer.place)


def choose_layers(scene: Scene, made: Projection) -> None:
    """A list of the layers, to be switched on and off; nothing where the map takes none."""
    layers = offered_layers(scene.run, made)
    if not layers:
        return
    on = _on(scene.state)
    with st.popover(f"Layers ({len(on)})" if on else "Layers", icon=":material/layers:", type="tertiary"):
        for layer in layers:
            key = f"{_KEY}.{layer.name}"
            state.put({key: layer.name in on})
            st.toggle(layer.title, key=key, help=layer.help, on_change=_switch, args=(layer.name, key))


def chosen_overlays(scene: Scene, made: Projection, mark: tuple[object, ...]) -> tuple[list[Overlay], dict[str, str]]:
    """What the chosen layers draw, and the jobs that others of them wait for, by title; `mark` tells the map from others."""
    on = _on(scene.state)
    chosen = [layer for layer in offered_layers(scene.run, made) if layer.name in on]
    awaited = {layer.title: what for layer in chosen if (what := layer.job(scene.run, made))}
    drawn = [_overlay((*mark, layer.name), layer, scene.run, made) for layer in chosen if layer.title not in awaited]
    return drawn, awaited


def clicked_samples(scene: Scene, made: Projection, x: float, y: float) -> np.ndarray | None:
    """The samples that a click on a place of the map selects, as the layers that are on have it; None where none does."""
    on = [layer for layer in offered_layers(scene.run, made) if layer.name in _on(scene.state)]
    return next((ids for layer in on if (ids := layer.click(scene.run, made, x, y)) is not None), None)


def _on(shown: ExploreState) -> list[str]:
    return shown.layers.split(",") if shown.layers else []


def _switch(name: str, key: str) -> None:
    shown = state.current(ExploreState)
    others = [other for other in _on(shown) if other != name]
    state.update(shown, layers=",".join([*others, name] if state.get(key, False) else others))


@st.cache_resource(max_entries=32, show_spinner="Drawing the layer …")
def _overlay(key: tuple[object, ...], _layer: Layer, _run: Run, _made: Projection) -> Overlay:
    return _layer.make(_run, _made)
