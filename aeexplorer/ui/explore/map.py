"""The latent map, with what the layers and the open panel lay on it."""

from dataclasses import replace

import streamlit as st

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.samples.colouring import colouring, colouring_version, offered_colourings, required_job
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.background import await_jobs
from aeexplorer.ui.explore.detail import DetailedMap, detailed_map, has_more, places_wanted
from aeexplorer.ui.explore.layers import layer_overlays
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.projected import ShownProjection
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.maps.latent_map import label_texts, latent_map

HEIGHT = 470


def draw_map(scene: Scene, shown: ShownProjection, panel: Panel) -> None:
    """Draw the map with the overlays of the layers and of the open panel, and request what these still need."""
    overlays, awaited = layer_overlays(scene, shown.projection, shown.version)
    if panel.overlays:
        overlays += panel.overlays(scene, shown.projection)
    colour = scene.state.colour
    if job := required_job(scene.run, colour, shown.projection):
        awaited[colour.capitalize()] = job
        colour = offered_colourings(scene.run)[0]
    if job := places_wanted(scene.run, shown.projection):
        awaited["Places of all samples"] = job
    detailed = detailed_map(scene, shown.projection, shown.version)
    figure = map_figure(scene.run, shown, detailed, colour)
    scene.chart(figure, "map", height=HEIGHT, more=has_more(scene.run, shown.projection), zoom=True, overlays=overlays)
    if awaited and not shown.awaited:
        await_jobs(scene.run, awaited)


def map_figure(run: Run, shown: ShownProjection, detailed: DetailedMap, colour: str) -> LinkedFigure:
    """Return the map as a figure, the same object for the same content."""
    key = (*detailed.version, detailed.note, colour, colouring_version(run, colour))
    return _map_figure(key, run, shown.projection, detailed, colour)


@st.cache_resource(max_entries=48, show_spinner=False)
def _map_figure(key: tuple[object, ...], _run: Run, _projection: Projection, _detailed: DetailedMap, colour: str) -> LinkedFigure:
    ids = _detailed.projection.ids
    colours = colouring(_run, colour, ids, _projection)
    figure = latent_map(_detailed.projection, colours, label_texts(_run, ids), _run.id)
    return replace(figure, caption=" · ".join(filter(None, [_detailed.note, figure.caption])))
