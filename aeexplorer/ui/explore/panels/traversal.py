"""Moving latents by hand, those that carry most first: what a sample becomes, what each latent does from end to end."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.decoding import decode, decode_quickly, text_rows
from aeexplorer.analysis.latents.traversal import (
    MAX_DEVIATIONS,
    LatentSpread,
    format_moves,
    latent_spread,
    parse_moves,
    traversal_origin,
)
from aeexplorer.analysis.maps.projection import Projection, place_latents
from aeexplorer.data.dataset import Field
from aeexplorer.training.run import Run
from aeexplorer.ui.displays import is_pictured, show_besides
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.images import show_image
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.maps.overlay import Overlay, path_overlay, stops_overlay
from aeexplorer.views.pictures.grids import pictured_field
from aeexplorer.views.pictures.pictures import field_pictures, png_bytes, resize_pictures, tile
from aeexplorer.views.pictures.strips import film_gif, side_by_side

ROWS, COLUMNS, SIDE, LARGE, STRIP = 8, 7, 40, 112, 160
LOOKED_AT, TOLD = 2_000, 3
_SHOWN = "explore.traverse rows"
_KEY = "explore.latent"


def _draw(scene: Scene) -> None:
    run = scene.run
    found = _spread((run.id, version_of(run.id)), run)
    start = traversal_origin(run, scene.state.origin, found.mean)
    moves = parse_moves(scene.state.moved, run)
    axis = scene.state.axis if 0 <= scene.state.axis < len(found.order) else int(found.order[0])
    _head(scene, bool(moves))
    _beside(run, start, found.move(start, moves), found, axis)
    _bank(scene, found, start, moves, axis)


def _head(scene: Scene, moved: bool) -> None:
    origin = scene.state.origin
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"From **sample {origin}**" if origin >= 0 else "From the **mean** of the samples", width="content")
        st.space("stretch")
        st.button(
            "Mean",
            icon=":material/center_focus_strong:",
            disabled=origin < 0,
            help="Start from the mean. A click on the map starts from that sample.",
            on_click=_begin,
            args=(scene, -1),
            key="explore.traverse mean",
        )
        reset = {"on_click": _begin, "args": (scene, origin), "key": "explore.traverse reset"}
        st.button("Reset", icon=":material/restart_alt:", disabled=not moved, help="Every latent back to the start", **reset)


def _beside(run: Run, start: np.ndarray, now: np.ndarray, found: LatentSpread, axis: int) -> None:
    """The start, what it became, and one latent playing."""
    decoded = decode(run, np.stack([start, now]))
    for name, field in run.dataset.fields.items():
        if is_pictured(field):
            with st.container(horizontal=True, gap="small"):
                for title, picture in zip(
                    ("Start", "Now"), resize_pictures(field_pictures(field, decoded[name]), LARGE), strict=True
                ):
                    show_image(png_bytes(tile(picture[None], 1)), caption=title, alt=f"{title}, decoded", width=LARGE)
                others = found.move(now, {axis: 0.0})  # so that it stays the same while this one is moved
                film = _film((run.id, version_of(run.id), name, axis, others.tobytes()), run, field, found, others, axis)
                show_image(film, caption=f"Latent {axis + 1}", alt=f"Latent {axis + 1} from end to end and back", width=LARGE)
        else:
            before, after = text_rows(run, name, decoded)
            table = {"": [column for column, _ in before], "start": [v for _, v in before], "now": [v for _, v in after]}
            st.dataframe(pd.DataFrame(table), hide_index=True, height=min(220, 36 * (1 + len(before))))
        show_besides(field, {"Start": decoded[name][:1], "Now": decoded[name][1:]})


def _bank(scene: Scene, found: LatentSpread, start: np.ndarray, moves: dict[int, float], axis: int) -> None:
    """A slider a latent, and beside it what that latent does from end to end, all others as they are now."""
    run = scene.run
    shown = found.order[: state.setdefault(_SHOWN, ROWS)].tolist()
    now = found.move(start, moves)
    effects = _effects((run.id, version_of(run.id), tuple(shown), now.tobytes()), run, found, now, shown)
    units = found.in_deviations(start)
    for dimension, effect in zip(shown, effects, strict=True):
        left, right = st.columns([5, 7], gap="small", vertical_alignment="center")
        key = f"{_KEY} {dimension}"
        state.put({key: float(np.clip(round(moves.get(dimension, float(units[dimension])), 1), -MAX_DEVIATIONS, MAX_DEVIATIONS))})
        with left:
            st.slider(
                f"Latent {dimension + 1} · {found.importance[dimension]:.2g} {found.unit}",
                -MAX_DEVIATIONS,
                MAX_DEVIATIONS,
                step=0.1,
                format="%.1f sd",
                key=key,
                on_change=_move,
                args=(scene, dimension, key),
            )
        with right:
            if isinstance(effect, bytes):
                show_image(effect, alt=f"Latent {dimension + 1} from −3 to +3 standard deviations", width="stretch")
            else:
                st.caption(escape(effect))
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(shown) < len(found.order):
            st.button("More latents", icon=":material/expand_more:", type="tertiary", on_click=_more, key="explore.traverse more")
        if (field := pictured_field(run)) is not None:
            st.selectbox(
                "Latent that plays",
                found.order.tolist(),
                format_func=lambda d: f"Latent {d + 1}",
                label_visibility="collapsed",
                width=130,
                **(state.bound(ExploreState, "axis") | _shown_axis(axis)),
            )
            st.download_button(
                "GIF",
                partial(_animation, run, field, found, now, axis, STRIP),
                f"{run.id}-latent-{axis + 1}.gif",
                mime="image/gif",
                on_click="ignore",
                icon=":material/gif_box:",
                type="tertiary",
                key="explore.traverse gif",
            )


def _shown_axis(axis: int) -> dict[str, str]:
    state.put({"explore.axis": axis})
    return {"key": "explore.axis"}


@st.cache_resource(max_entries=16, show_spinner=False)
def _spread(mark: tuple[str, str], _run: Run) -> LatentSpread:
    return latent_spread(_run)


@st.cache_resource(max_entries=64, show_spinner=False)
def _effects(mark: tuple[object, ...], _run: Run, _found: LatentSpread, _now: np.ndarray, _shown: list[int]) -> list[bytes | str]:
    """Of each latent a strip of pictures, or in words what changes between its ends."""
    samples = decode_quickly(_run, _found.strips(_now, _shown, COLUMNS))
    field = pictured_field(_run)
    if field is not None:
        pictures = resize_pictures(field_pictures(field, samples[field.name]), SIDE)
        return [png_bytes(tile(pictures[i * COLUMNS : (i + 1) * COLUMNS], COLUMNS)) for i in range(len(_shown))]
    name = next(iter(_run.dataset.fields))
    rows = text_rows(_run, name, samples)
    places = range(0, len(rows), COLUMNS)
    order = [_most_changed(_run.dataset.fields[name], samples[name][[i, i + COLUMNS - 1]]) for i in places]
    return [_told(rows[i], rows[i + COLUMNS - 1], first) for i, first in zip(places, order, strict=True)]


def _most_changed(field: Field, ends: np.ndarray) -> list[int]:
    """Columns of a table in the order of their change between two rows ``(2, columns)``, as a share of their spread."""
    if field.modality != "tabular":
        return [0]
    change = np.abs(ends[1] - ends[0]) / np.maximum(np.nanstd(field.array[:LOOKED_AT], axis=0), 1e-9)
    return np.argsort(-np.nan_to_num(change), kind="stable").tolist()


def _told(low: list[tuple[str, str]], high: list[tuple[str, str]], order: list[int]) -> str:
    """``length 2.1 → 7.9 · colour red → blue``: what differs most."""
    changes = [f"{low[i][0]} {low[i][1]} → {high[i][1]}" for i in order if low[i][1] != high[i][1]]
    return " · ".join(changes[:TOLD]) or "nothing changes"


@st.cache_resource(max_entries=32, show_spinner=False)
def _film(mark: tuple[object, ...], _run: Run, _field: Field, _found: LatentSpread, _now: np.ndarray, axis: int) -> bytes:
    return _animation(_run, _field, _found, _now, axis, LARGE)


def _animation(run: Run, field: Field, found: LatentSpread, now: np.ndarray, axis: int, side: int) -> bytes:
    frames = decode_quickly(run, found.sweep(now, axis))[field.name]
    return film_gif(side_by_side(field, frames, side=side), turning=True)


def _move(scene: Scene, dimension: int, key: str) -> None:
    shown = state.current(ExploreState)
    moves = parse_moves(shown.moved, scene.run) | {dimension: float(state.get(key, 0.0))}
    scene.state = state.update(shown, moved=format_moves(moves), axis=dimension)


def _begin(scene: Scene, sample: int) -> None:
    scene.change(origin=sample, moved="")


def _more() -> None:
    state.put({_SHOWN: state.get(_SHOWN, ROWS) + ROWS})


def _overlays(scene: Scene, made: Projection) -> list[Overlay]:
    """Where the start lies, and the way from there to where the latents were moved."""
    found = _spread((scene.run.id, version_of(scene.run.id)), scene.run)
    start = traversal_origin(scene.run, scene.state.origin, found.mean)
    now = found.move(start, parse_moves(scene.state.moved, scene.run))
    positions = place_latents(made, scene.run, np.stack([start, now]))
    if np.array_equal(start, now):
        return [stops_overlay(positions[:1], ["start"])]
    return [path_overlay(positions, "moved"), stops_overlay(positions, ["start", "now"])]


PANEL = Panel("traversal", "Traverse", "space", 10, frozenset({"results", "dimensions"}), _draw, _begin, _overlays)
