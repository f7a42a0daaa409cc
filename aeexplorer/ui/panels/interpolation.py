"""A film between two samples that were clicked on the map."""

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.decoding import text_rows
from aeexplorer.analysis.interpolation import PATHS, Film, interpolate
from aeexplorer.analysis.projection import Projection, place
from aeexplorer.training.run import Run
from aeexplorer.ui import state
from aeexplorer.ui.displays import is_pictured, show_besides
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.panels.base import Panel
from aeexplorer.ui.state import ExploreState
from aeexplorer.ui.stored import mark_of
from aeexplorer.views.overlay import Overlay, path_overlay
from aeexplorer.views.pictures import pictured, png, sized, tile

FRAMES, COLUMNS, SIDE = 10, 5, 88


def _draw(scene: Scene) -> None:
    shown = scene.state
    with st.container(horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            "Path", list(PATHS), required=True, label_visibility="collapsed", **state.bound(ExploreState, "path")
        )
        st.button("Two at random", icon=":material/casino:", on_click=_random, args=(scene,), key="explore.random")
        if shown.b >= 0:
            st.button("Swap", icon=":material/swap_horiz:", on_click=_swap, args=(scene,), key="explore.swap")
    if shown.b < 0:
        start = f"From **{_named(scene.run, shown.a)}**. Now click where it should go."
        st.markdown(start if shown.a >= 0 else "Click two points on the map.")
        return
    st.markdown(f"From **{_named(scene.run, shown.a)}** to **{_named(scene.run, shown.b)}**")
    film = _film(scene)
    for name, field in scene.run.dataset.fields.items():
        if is_pictured(field):
            pictures = sized(pictured(field, film.frames[name]), SIDE)
            st.image(png(tile(pictures, COLUMNS)), alt=f"{FRAMES} frames from sample {shown.a} to sample {shown.b}")
        else:
            rows = pd.DataFrame([dict(row) for row in text_rows(scene.run, name, film.frames)])
            beside = rows.T if len(rows.columns) > 1 else rows  # numbers from left to right, texts one below another
            st.dataframe(beside, height=min(380, 36 * (1 + len(beside))))
        show_besides(
            field, {"Start": film.frames[name][:1], "Middle": film.frames[name][FRAMES // 2 :][:1], "End": film.frames[name][-1:]}
        )
    st.caption("The first and last frames are the reconstructions of the two samples; the path is drawn on the map.")


def _named(run: Run, sample: int) -> str:
    labels = run.dataset.labels
    known = labels is not None and labels[sample] >= 0
    return f"sample {sample}" + (f" ({run.dataset.label_names[labels[sample]]})" if known and labels is not None else "")


def _film(scene: Scene) -> Film:
    shown = scene.state
    key = (scene.run.id, mark_of(scene.run.id), shown.a, shown.b, shown.path)
    return _made(key, scene.run, shown.a, shown.b, shown.path)


@st.cache_resource(max_entries=64, show_spinner=False)
def _made(key: tuple[object, ...], _run: Run, a: int, b: int, path: str) -> Film:
    return interpolate(_run, a, b, FRAMES, path)


def _overlays(scene: Scene, made: Projection) -> list[Overlay]:
    if scene.state.a < 0 or scene.state.b < 0:
        return []
    return [path_overlay(place(made, scene.run, _film(scene).latents))]


def _click(scene: Scene, sample: int) -> None:
    """The first click is where the film starts, the second where it ends, each further one where it goes on to."""
    shown = scene.state
    if shown.a < 0:
        scene.change(a=sample)
    elif shown.b < 0:
        scene.change(b=sample)
    else:
        scene.change(a=shown.b, b=sample)


def _swap(scene: Scene) -> None:
    scene.change(a=scene.state.b, b=scene.state.a)


def _random(scene: Scene) -> None:
    a, b = np.random.default_rng().choice(scene.ids, 2, replace=False).tolist()
    scene.change(a=a, b=b)


PANEL = Panel("interpolation", "Interpolation", 20, frozenset({"results"}), _draw, _click, _overlays)
