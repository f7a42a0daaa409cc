"""The latent map: a quick projection at once, a slow one as soon as the projection process has made it."""

from dataclasses import dataclass, replace

import streamlit as st

from aeexplorer.analysis.maps.projection import Projection, compute, offered_methods, projection
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.analysis.samples.colouring import colour_mark, colouring, colourings, job_awaited_by
from aeexplorer.background.partial_maps import partial_map
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.background import await_jobs
from aeexplorer.ui.explore.detail import Brought, brought_in, has_more, places_wanted
from aeexplorer.ui.explore.layers import chosen_overlays, clicked_samples
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.session.state import ExploreState
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.ui.shell import background
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.maps.latent_map import label_texts, latent_map

HEIGHT = 470


@dataclass(frozen=True)
class Shown:
    """The projection on the page, and what is still awaited."""

    made: Projection
    mark: tuple[object, ...]
    """What tells it from others, for caches."""
    note: str = ""
    """What a person should know about it; empty when it is what was asked for."""
    awaited: bool = False
    """Whether the one asked for is on its way."""


def projected(run: Run, shown: ExploreState) -> Shown:
    """The projection asked for; while that is on its way, how far it has come, and before, a quick one."""
    method = method_of(shown.method)
    mark = (run.id, version_of(run.id), shown.dims)
    found = compute(run, method.name, shown.dims) if method.quick else projection(run, method.name, shown.dims)
    if found is not None:
        return Shown(found, (*mark, method.name))
    quick = next(m for m in offered_methods(run, shown.dims) if m.quick)
    status = background.request(run.id, method.name, shown.dims)
    if (rough := partial_map(run, method.name, shown.dims)) and status.state != "failed":
        return Shown(rough[0], (*mark, method.name, rough[1]), f"A rough map: {method.title} is being refined.", True)
    stand_in = Shown(compute(run, quick.name, shown.dims), (*mark, quick.name))
    if status.state == "failed":
        return Shown(stand_in.made, stand_in.mark, f"{method.title} failed: {status.reason}. This is {quick.title}.")
    return Shown(stand_in.made, stand_in.mark, f"This is {quick.title}; {method.title} is being made.", True)


def figure_of(run: Run, shown: Shown, brought: Brought, colour: str) -> LinkedFigure:
    """The map as a figure, the same object for the same content."""
    return _figure((*brought.mark, brought.said, colour, colour_mark(run, colour)), run, shown.made, brought, colour)


@st.cache_resource(max_entries=48, show_spinner=False)
def _figure(key: tuple[object, ...], _run: Run, _made: Projection, _brought: Brought, colour: str) -> LinkedFigure:
    ids = _brought.made.ids
    colours = colouring(_run, colour, ids, _made)
    figure = latent_map(_brought.made, colours, label_texts(_run, ids), _run.id)
    return replace(figure, caption=" · ".join(filter(None, [_brought.said, figure.caption])))


def hear(scene: Scene, shown: Shown, panel: Panel) -> None:
    """Take what was done since the last run: clicks on points go to the open panel, those elsewhere on the map to the layers."""
    event = scene.news("map")
    if event.clicked is not None:
        if panel.click:
            panel.click(scene, event.clicked)
    elif event.x is not None and event.y is not None:
        ids = clicked_samples(scene, shown.made, event.x, event.y)
        if ids is not None:
            scene.select(ids)
    if panel.hear:
        panel.hear(scene)


def draw_map(scene: Scene, shown: Shown, panel: Panel) -> None:
    """Draw the map with what the layers and the open panel lay on it, and what should be known about it."""
    overlays, awaited = chosen_overlays(scene, shown.made, shown.mark)
    if panel.overlays:
        overlays += panel.overlays(scene, shown.made)
    colour = scene.state.colour
    if what := job_awaited_by(scene.run, colour, shown.made):
        awaited[colour.capitalize()] = what
        colour = colourings(scene.run)[0]
    if places := places_wanted(scene.run, shown.made):
        awaited["Places of all samples"] = places
    brought = brought_in(scene, shown.made, shown.mark)
    figure = figure_of(scene.run, shown, brought, colour)
    scene.chart(figure, "map", height=HEIGHT, more=has_more(scene.run, shown.made), zoom=True, overlays=overlays)
    if awaited and not shown.awaited:
        await_jobs(scene.run, awaited)


@st.fragment(run_every=0.5)
def await_map(run: Run, shown: ExploreState, mark: tuple[object, ...]) -> None:
    """Look twice a second whether there is more of the map asked for than what has this mark; then draw the page again."""
    rough = partial_map(run, shown.method, shown.dims)
    better = rough is not None and rough[1] not in mark
    if better or background.request(run.id, shown.method, shown.dims).state in ("ready", "failed"):
        st.rerun()
