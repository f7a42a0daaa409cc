"""The latent map with the overlays of the layers and of the open panel."""

from dataclasses import replace

import streamlit as st

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.samples.colouring import colouring, colouring_version, offered_colourings, required_job
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.background import await_jobs
from aeexplorer.ui.explore.layers import layer_overlays
from aeexplorer.ui.explore.map_detail import DetailedMap, detailed_map, has_more, positions_job
from aeexplorer.ui.explore.page_map import PageMap
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.maps.latent_map import label_texts, latent_map

HEIGHT = 470


def draw_map(scene: Scene, page_map: PageMap, panel: Panel) -> None:
    """Draw the map with the overlays of the layers and of the open panel, and request the background jobs that it needs."""
    overlays, jobs = layer_overlays(scene, page_map.projection, page_map.version)
    if panel.overlays:
        overlays += panel.overlays(scene, page_map.projection)
    colour = scene.state.colour
    if job := required_job(scene.run, colour, page_map.projection):
        jobs[colour.capitalize()] = job
        colour = offered_colourings(scene.run)[0]
    if job := positions_job(scene.run, page_map.projection):
        jobs["Positions of all samples"] = job
    detailed = detailed_map(scene, page_map.projection, page_map.version)
    figure = map_figure(scene.run, page_map, detailed, colour)
    scene.chart(figure, "map", height=HEIGHT, more=has_more(scene.run, page_map.projection), zoom=True, overlays=overlays)
    if jobs and not page_map.is_pending:
        await_jobs(scene.run, jobs)


def map_figure(run: Run, page_map: PageMap, detailed: DetailedMap, colour: str) -> LinkedFigure:
    """Return the figure of the map. Returns the same object for the same content."""
    key = (*detailed.version, detailed.note, colour, colouring_version(run, colour))
    return _map_figure(key, run, page_map.projection, detailed, colour)


@st.cache_resource(max_entries=48, show_spinner=False)
def _map_figure(key: tuple[object, ...], _run: Run, _projection: Projection, _detailed: DetailedMap, colour: str) -> LinkedFigure:
    ids = _detailed.projection.ids
    colours = colouring(_run, colour, ids, _projection)
    figure = latent_map(_detailed.projection, colours, label_texts(_run, ids), _run.id)
    return replace(figure, caption=" · ".join(filter(None, [_detailed.note, figure.caption])))
