"""A path through the latent space via clicked samples: its decoded frames, a cross-fade of the pixels, and its speed."""

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
"""Number of steps of a path, shared by its segments."""
MIN_STEPS, FILM_STEPS = 3, 24
"""Smallest number of steps of a segment on the page, and number of steps of a segment in a downloaded film."""
COLUMNS, SIDE, FILM_SIDE = 12, 64, 160
"""Pictures in a row, and sides of a picture on the page and in a film, in pixels."""
_HELP = {
    "linear": "A straight line.",
    "spherical": "A turn from one direction to the other at a constant distance from the origin, where the samples of a VAE lie.",
    "geodesic": "The shortest path in terms of the decoded samples: along it they change least and evenly. It is searched among "
    "neighbouring samples and from the straight line, and never longer than that.",
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
    _draw_buttons(scene, points)
    if len(points) < 2:
        prompt = f"From **{_title(scene.run, points[0])}**. Now click the sample where the path goes next." if points else ""
        st.markdown(prompt or "Click two or more samples on the map, in the order of the path.")
        return
    st.markdown("Through " + " → ".join(f"**{_title(scene.run, point)}**" for point in points))
    if scene.state.path == "geodesic" and cached_graph(scene.run) is None:
        await_jobs(scene.run, {"Distances in decoded space": "geodesics graph"})
        return
    _show_path(scene, points, _film(scene, points))


def _draw_buttons(scene: Scene, points: list[int]) -> None:
    """Draw the buttons that change the samples on the path."""
    chosen = scene.selected
    with st.container(horizontal=True, gap="small"):
        buttons: tuple[tuple[str, str, str, list[int], bool], ...] = (
            ("undo", ":material/undo:", "Remove the last sample", points[:-1], bool(points)),
            ("reverse", ":material/swap_horiz:", "Reverse the path", points[::-1], len(points) > 1),
            ("clear", ":material/close:", "Remove all samples", [], bool(points)),
        )
        for name, icon, help_, new_points, is_enabled in buttons:
            key = f"explore.path {name}"
            st.button("", icon=icon, help=help_, disabled=not is_enabled, on_click=_set_points, args=(scene, new_points), key=key)
        st.button("Two at random", icon=":material/casino:", on_click=_random, args=(scene,), key="explore.path random")
        st.button(
            "Selected samples",
            icon=":material/select_all:",
            help=f"A path through the selected samples, from 2 to {MAX_WAYPOINTS} of them.",
            disabled=not 2 <= len(chosen) <= MAX_WAYPOINTS,
            on_click=_set_points,
            args=(scene, chosen.tolist()),
            key="explore.path selected",
        )


def _show_path(scene: Scene, points: list[int], film: Film) -> None:
    """Draw the frames of the path and the changes between them."""
    run, key = scene.run, (scene.run.id, version_of(scene.run.id), scene.state.points, scene.state.path)
    for name, field in run.dataset.fields.items():
        if is_pictured(field):
            show_image(_strip(key, run, film, name), alt=f"Frames of the path through samples {points}", width="stretch")
            st.caption("Above: decoded along the path. Below: a cross-fade of the pixels of the samples")
        else:
            rows = pd.DataFrame([dict(row) for row in text_rows(run, name, film.frames)])
            table = rows.T if len(rows.columns) > 1 else rows  # numbers from left to right, texts one below another
            st.dataframe(table, height=min(380, 36 * (1 + len(table))))
        middle = film.frames[name][len(film.frames[name]) // 2 :][:1]
        show_besides(field, {"Start": film.frames[name][:1], "Middle": middle, "End": film.frames[name][-1:]})
    st.plotly_chart(path_speed(film), key="explore.path speed", config={"displayModeBar": False})
    ratio = film.length / film.straight if film.straight > 0 else 1.0
    compared = "" if scene.state.path == "linear" else f", {ratio:.2f} times that of straight lines"
    st.caption(
        f"Change of the decoded sample in each step: {film.length:.3g} in total{compared}. The numbers mark the chosen samples."
    )
    if pictured_field(run) is not None:
        _draw_downloads(run, points, scene.state.path)


def _draw_downloads(run: Run, points: list[int], path: str) -> None:
    """Draw the buttons that download the path as a film."""
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
                help=f"The path beside the cross-fade of the pixels, {FILM_STEPS} frames from one sample to the next",
                key=f"explore.path {ending}",
            )


def film_bytes(run: Run, points: list[int], path: str, ending: str) -> bytes:
    """Return the film of a path beside the cross-fade of the pixels.

    Parameters
    ----------
    run
        Run of the samples. Its dataset has a pictured field.
    points
        Ids of the samples on the path, at least two.
    path
        Kind of path, one of `PATH_KINDS`.
    ending
        Format of the film: ``gif`` or ``mp4``.
    """
    field = pictured_field(run)
    assert field is not None
    film = interpolate(run, points, FILM_STEPS, path)
    pictures = side_by_side(field, film.frames[field.name], blend_inputs(run, points, FILM_STEPS)[field.name], side=FILM_SIDE)
    return film_gif(pictures) if ending == "gif" else film_mp4(pictures)


def _title(run: Run, sample: int) -> str:
    """Return the id of a sample, with its label if it has one."""
    labels = run.dataset.labels
    if labels is None or labels[sample] < 0:
        return f"{sample}"
    return f"{sample} ({run.dataset.label_names[labels[sample]]})"


def _film(scene: Scene, points: list[int]) -> Film:
    key = (scene.run.id, version_of(scene.run.id), scene.state.points, scene.state.path)
    return _cached_film(key, scene.run, points, scene.state.path)


def _steps(points: list[int]) -> int:
    """Return the number of steps from one sample to the next."""
    return max(MIN_STEPS, ceil(STEPS / (len(points) - 1)))


@st.cache_resource(max_entries=64, show_spinner=False)
def _cached_film(key: tuple[object, ...], _run: Run, _points: list[int], path: str) -> Film:
    return interpolate(_run, _points, _steps(_points), path)


@st.cache_resource(max_entries=64, show_spinner=False)
def _strip(key: tuple[str, ...], _run: Run, _film: Film, field: str) -> bytes:
    points = samples_of(key[2])
    return png_bytes(path_strip(_film, blend_inputs(_run, points, _steps(points)), _run.dataset.fields[field], SIDE, COLUMNS))


def _overlays(scene: Scene, projection: Projection) -> list[Overlay]:
    points = samples_of(scene.state.points)
    if not points:
        return []
    positions = place_latents(projection, scene.run, scene.run.latents(np.array(points, np.int32)))
    if len(points) < 2 or (scene.state.path == "geodesic" and cached_graph(scene.run) is None):
        return [stops_overlay(positions)]
    return [path_overlay(place_latents(projection, scene.run, _film(scene, points).latents)), stops_overlay(positions)]


def _click(scene: Scene, sample: int) -> None:
    """Append the clicked sample to the path. A full path starts again from its last sample."""
    points = samples_of(scene.state.points)
    if points[-1:] != [sample]:
        _set_points(scene, [*points, sample] if len(points) < MAX_WAYPOINTS else [points[-1], sample])


def _set_points(scene: Scene, points: list[int]) -> None:
    scene.change(points=",".join(map(str, points)))


def _random(scene: Scene) -> None:
    _set_points(scene, np.random.default_rng().choice(scene.ids, 2, replace=False).tolist())


PANEL = Panel("paths", "Paths", "space", 12, frozenset({"results"}), _draw, _click, _overlays)
