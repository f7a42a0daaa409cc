"""A path through the latent space by way of samples that were clicked on the map: its film, its speed, the pixel fade."""

from functools import partial
from math import ceil

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.decoding import text_rows
from aeexplorer.analysis.latents.geodesics import cached_graph
from aeexplorer.analysis.latents.paths import MAX_WAYPOINTS, PATH_KINDS, Film, blend_inputs, interpolate
from aeexplorer.analysis.maps.projection import Projection, place_latents
from aeexplorer.training.run import Run
from aeexplorer.ui.displays import is_pictured, show_besides
from aeexplorer.ui.explore.background import await_jobs
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.images import show_image
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState, samples_of
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.charts.path_speed import path_speed
from aeexplorer.views.maps.overlay import Overlay, path_overlay, stops_overlay
from aeexplorer.views.pictures.grids import pictured_field
from aeexplorer.views.pictures.pictures import png_bytes
from aeexplorer.views.pictures.strips import film_gif, film_mp4, path_strip, side_by_side

STEPS = 9
"""Of a path between two samples; one through more has as many as about fill a row."""
LEAST, FINE = 3, 24
"""Steps from one sample to the next at least, and in a film to take home."""
COLUMNS, SIDE, LARGE = 12, 64, 160
_HELP = {
    "linear": "The straight line.",
    "spherical": "Turns from one direction to the other at an even distance from the origin, where a VAE's samples lie.",
    "geodesic": "The way that changes the decoded sample least: over a grid where there are two latents, by way of neighbouring "
    "samples where there are more.",
}


def _draw(scene: Scene) -> None:
    points = samples_of(scene.state.points)
    st.segmented_control(
        "Path",
        PATH_KINDS,
        required=True,
        format_func=str.capitalize,
        label_visibility="collapsed",
        help=_HELP[scene.state.path],
        **state.bound(ExploreState, "path"),
    )
    _buttons(scene, points)
    if len(points) < 2:
        start = f"From **{_named(scene.run, points[0])}**. Now click where it should go." if points else ""
        st.markdown(start or "Click two or more samples on the map, in order.")
        return
    st.markdown("Through " + " → ".join(f"**{_named(scene.run, point)}**" for point in points))
    if scene.state.path == "geodesic" and cached_graph(scene.run) is None:
        await_jobs(scene.run, {"Distances in decoded space": "geodesics graph"})
        return
    _show(scene, points, _film(scene, points))


def _buttons(scene: Scene, points: list[int]) -> None:
    chosen = scene.selected
    with st.container(horizontal=True, gap="small"):
        steps: tuple[tuple[str, str, str, list[int], bool], ...] = (
            ("undo", ":material/undo:", "Take the last sample off", points[:-1], bool(points)),
            ("reverse", ":material/swap_horiz:", "Go the other way", points[::-1], len(points) > 1),
            ("clear", ":material/close:", "Start anew", [], bool(points)),
        )
        for name, icon, help_, after, there in steps:
            key = f"explore.path {name}"
            st.button("", icon=icon, help=help_, disabled=not there, on_click=_go, args=(scene, after), key=key)
        st.button("Two at random", icon=":material/casino:", on_click=_random, args=(scene,), key="explore.path random")
        st.button(
            "Selected samples",
            icon=":material/select_all:",
            help=f"Go through the selected samples, 2 to {MAX_WAYPOINTS} of them.",
            disabled=not 2 <= len(chosen) <= MAX_WAYPOINTS,
            on_click=_go,
            args=(scene, chosen.tolist()),
            key="explore.path selected",
        )


def _show(scene: Scene, points: list[int], film: Film) -> None:
    run, mark = scene.run, (scene.run.id, version_of(scene.run.id), scene.state.points, scene.state.path)
    for name, field in run.dataset.fields.items():
        if is_pictured(field):
            show_image(_strip(mark, run, film, name), alt=f"Frames of the path through samples {points}", width="stretch")
            st.caption("Above, decoded along the path; below, the pixels of the samples faded into each other")
        else:
            rows = pd.DataFrame([dict(row) for row in text_rows(run, name, film.frames)])
            beside = rows.T if len(rows.columns) > 1 else rows  # numbers from left to right, texts one below another
            st.dataframe(beside, height=min(380, 36 * (1 + len(beside))))
        middle = film.frames[name][len(film.frames[name]) // 2 :][:1]
        show_besides(field, {"Start": film.frames[name][:1], "Middle": middle, "End": film.frames[name][-1:]})
    st.plotly_chart(path_speed(film), key="explore.path speed", config={"displayModeBar": False})
    longer = film.length / film.straight if film.straight > 0 else 1.0
    compared = "" if scene.state.path == "linear" else f", {longer:.2f} times that of straight lines"
    st.caption(f"Change of the decoded sample in each step; {film.length:.3g} in all{compared}. Numbers are the way-points.")
    if pictured_field(run) is not None:
        _downloads(run, points, scene.state.path)


def _downloads(run: Run, points: list[int], path: str) -> None:
    with st.container(horizontal=True):
        for title, ending, kind in (("GIF", "gif", "image/gif"), ("MP4", "mp4", "video/mp4")):
            st.download_button(
                title,
                partial(film_bytes, run, points, path, ending),
                f"{run.id}-{path}-{'-'.join(map(str, points))}.{ending}",
                mime=kind,
                on_click="ignore",
                icon=":material/movie:",
                type="tertiary",
                help="The path beside the fade of the pixels, 24 frames from one sample to the next",
                key=f"explore.path {ending}",
            )


def film_bytes(run: Run, points: list[int], path: str, ending: str) -> bytes:
    """The path beside the pixel fade in fine steps, as ``gif`` or ``mp4``."""
    field = pictured_field(run)
    assert field is not None
    film = interpolate(run, points, FINE, path)
    pictures = side_by_side(field, film.frames[field.name], blend_inputs(run, points, FINE)[field.name], side=LARGE)
    return film_gif(pictures) if ending == "gif" else film_mp4(pictures)


def _named(run: Run, sample: int) -> str:
    labels = run.dataset.labels
    known = labels is not None and labels[sample] >= 0
    return f"{sample}" + (f" ({run.dataset.label_names[labels[sample]]})" if known and labels is not None else "")


def _film(scene: Scene, points: list[int]) -> Film:
    key = (scene.run.id, version_of(scene.run.id), scene.state.points, scene.state.path)
    return _made(key, scene.run, points, scene.state.path)


def _steps(points: list[int]) -> int:
    return max(LEAST, ceil(STEPS / (len(points) - 1)))


@st.cache_resource(max_entries=64, show_spinner=False)
def _made(key: tuple[object, ...], _run: Run, _points: list[int], path: str) -> Film:
    return interpolate(_run, _points, _steps(_points), path)


@st.cache_resource(max_entries=64, show_spinner=False)
def _strip(mark: tuple[str, ...], _run: Run, _film: Film, field: str) -> bytes:
    points = samples_of(mark[2])
    return png_bytes(path_strip(_film, blend_inputs(_run, points, _steps(points)), _run.dataset.fields[field], SIDE, COLUMNS))


def _overlays(scene: Scene, made: Projection) -> list[Overlay]:
    points = samples_of(scene.state.points)
    if not points:
        return []
    stops = place_latents(made, scene.run, scene.run.latents(np.array(points, np.int32)))
    if len(points) < 2 or (scene.state.path == "geodesic" and cached_graph(scene.run) is None):
        return [stops_overlay(stops)]
    return [path_overlay(place_latents(made, scene.run, _film(scene, points).latents)), stops_overlay(stops)]


def _click(scene: Scene, sample: int) -> None:
    """Each click is where the path goes on to; one too many makes it start there."""
    points = samples_of(scene.state.points)
    if points[-1:] != [sample]:
        _go(scene, [*points, sample] if len(points) < MAX_WAYPOINTS else [points[-1], sample])


def _go(scene: Scene, points: list[int]) -> None:
    scene.change(points=",".join(map(str, points)))


def _random(scene: Scene) -> None:
    _go(scene, np.random.default_rng().choice(scene.ids, 2, replace=False).tolist())


PANEL = Panel("paths", "Paths", "space", 12, frozenset({"results"}), _draw, _click, _overlays)
