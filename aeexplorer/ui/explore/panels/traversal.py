"""Traversal: move single latents with sliders, the most important first, and see how the decoded sample changes."""

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

ROWS, COLUMNS = 8, 7
"""Number of sliders at first, and pictures in the strip of a latent."""
SIDE, LARGE_SIDE, GIF_SIDE = 40, 112, 160
"""Sides of a picture in a strip, at the top of the panel and in a downloaded GIF, in pixels."""
MAX_SPREAD_ROWS, MAX_CHANGES = 2_000, 3
"""Rows of a table whose spread is measured, and changes of columns that a text names."""
_ROWS = "explore.traverse rows"
_LATENT = "explore.latent"


def _draw(scene: Scene) -> None:
    run = scene.run
    spread = _cached_spread((run.id, version_of(run.id)), run)
    start = traversal_origin(run, scene.state.origin, spread.mean)
    moves = parse_moves(scene.state.moved, run)
    axis = scene.state.axis if 0 <= scene.state.axis < len(spread.order) else int(spread.order[0])
    _draw_head(scene, bool(moves))
    _draw_samples(run, start, spread.move(start, moves), spread, axis)
    _draw_sliders(scene, spread, start, moves, axis)


def _draw_head(scene: Scene, is_moved: bool) -> None:
    """Draw the start of the traversal, and the buttons that change it."""
    origin = scene.state.origin
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"From **sample {origin}**" if origin >= 0 else "From the **mean** of the samples", width="content")
        st.space("stretch")
        st.button(
            "Mean",
            icon=":material/center_focus_strong:",
            disabled=origin < 0,
            help="Start from the mean. Click a sample on the map to start from it.",
            on_click=_set_origin,
            args=(scene, -1),
            key="explore.traverse mean",
        )
        reset = {"on_click": _set_origin, "args": (scene, origin), "key": "explore.traverse reset"}
        st.button(
            "Reset", icon=":material/restart_alt:", disabled=not is_moved, help="Move every latent back to the start", **reset
        )


def _draw_samples(run: Run, start: np.ndarray, now: np.ndarray, spread: LatentSpread, axis: int) -> None:
    """Draw the start, the moved sample, and the animation of one latent."""
    decoded = decode(run, np.stack([start, now]))
    for name, field in run.dataset.fields.items():
        if is_pictured(field):
            with st.container(horizontal=True, gap="small"):
                for title, picture in zip(
                    ("Start", "Now"), resize_pictures(field_pictures(field, decoded[name]), LARGE_SIDE), strict=True
                ):
                    show_image(png_bytes(tile(picture[None], 1)), caption=title, alt=f"{title}, decoded", width=LARGE_SIDE)
                base = spread.move(now, {axis: 0.0})  # the animation stays cached while this latent is moved
                film = _film((run.id, version_of(run.id), name, axis, base.tobytes()), run, field, spread, base, axis)
                show_image(
                    film, caption=f"Latent {axis + 1}", alt=f"Latent {axis + 1} from end to end and back", width=LARGE_SIDE
                )
        else:
            before, after = text_rows(run, name, decoded)
            table = {"": [column for column, _ in before], "start": [v for _, v in before], "now": [v for _, v in after]}
            st.dataframe(pd.DataFrame(table), hide_index=True, height=min(220, 36 * (1 + len(before))))
        show_besides(field, {"Start": decoded[name][:1], "Now": decoded[name][1:]})


def _draw_sliders(scene: Scene, spread: LatentSpread, start: np.ndarray, moves: dict[int, float], axis: int) -> None:
    """Draw a slider for each latent, and beside it the effect of this latent while the other latents stay."""
    run = scene.run
    dimensions = spread.order[: state.setdefault(_ROWS, ROWS)].tolist()
    now = spread.move(start, moves)
    effects = _effects((run.id, version_of(run.id), tuple(dimensions), now.tobytes()), run, spread, now, dimensions)
    units = spread.in_deviations(start)
    for dimension, effect in zip(dimensions, effects, strict=True):
        left, right = st.columns([5, 7], gap="small", vertical_alignment="center")
        key = f"{_LATENT} {dimension}"
        state.put({key: float(np.clip(round(moves.get(dimension, float(units[dimension])), 1), -MAX_DEVIATIONS, MAX_DEVIATIONS))})
        with left:
            st.slider(
                f"Latent {dimension + 1} · {spread.importance[dimension]:.2g} {spread.unit}",
                -MAX_DEVIATIONS,
                MAX_DEVIATIONS,
                step=0.1,
                format="%.1f sd",
                key=key,
                on_change=_move_latent,
                args=(scene, dimension, key),
            )
        with right:
            if isinstance(effect, bytes):
                show_image(effect, alt=f"Latent {dimension + 1} from −3 to +3 standard deviations", width="stretch")
            else:
                st.caption(escape(effect))
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(dimensions) < len(spread.order):
            st.button(
                "More latents", icon=":material/expand_more:", type="tertiary", on_click=_show_more, key="explore.traverse more"
            )
        if (field := pictured_field(run)) is not None:
            st.selectbox(
                "Latent that plays",
                spread.order.tolist(),
                format_func=lambda d: f"Latent {d + 1}",
                label_visibility="collapsed",
                width=130,
                **(state.bound(ExploreState, "axis") | _axis_key(axis)),
            )
            st.download_button(
                "GIF",
                partial(_animation, run, field, spread, now, axis, GIF_SIDE),
                f"{run.id}-latent-{axis + 1}.gif",
                mime="image/gif",
                on_click="ignore",
                icon=":material/gif_box:",
                type="tertiary",
                key="explore.traverse gif",
            )


def _axis_key(axis: int) -> dict[str, str]:
    """Set the widget's value to the animated latent, and return the widget's key.

    In the page's state the axis may be −1, which is not an option of the widget.
    """
    state.put({"explore.axis": axis})
    return {"key": "explore.axis"}


@st.cache_resource(max_entries=16, show_spinner=False)
def _cached_spread(key: tuple[str, str], _run: Run) -> LatentSpread:
    return latent_spread(_run)


@st.cache_resource(max_entries=64, show_spinner=False)
def _effects(
    key: tuple[object, ...], _run: Run, _spread: LatentSpread, _now: np.ndarray, _dimensions: list[int]
) -> list[bytes | str]:
    """Return the effect of each latent: a PNG of a strip of pictures, or a text about the changes between its ends."""
    samples = decode_quickly(_run, _spread.strips(_now, _dimensions, COLUMNS))
    field = pictured_field(_run)
    if field is not None:
        pictures = resize_pictures(field_pictures(field, samples[field.name]), SIDE)
        return [png_bytes(tile(pictures[i * COLUMNS : (i + 1) * COLUMNS], COLUMNS)) for i in range(len(_dimensions))]
    name = next(iter(_run.dataset.fields))
    rows = text_rows(_run, name, samples)
    starts = range(0, len(rows), COLUMNS)
    orders = [_columns_by_change(_run.dataset.fields[name], samples[name][[i, i + COLUMNS - 1]]) for i in starts]
    return [_changes_text(rows[i], rows[i + COLUMNS - 1], order) for i, order in zip(starts, orders, strict=True)]


def _columns_by_change(field: Field, ends: np.ndarray) -> list[int]:
    """Return the columns of a table, the largest change first.

    The change between the two rows of `ends` ``(2, columns)`` is measured in standard deviations of the column.
    """
    if field.modality != "tabular":
        return [0]
    change = np.abs(ends[1] - ends[0]) / np.maximum(np.nanstd(field.array[:MAX_SPREAD_ROWS], axis=0), 1e-9)
    return np.argsort(-np.nan_to_num(change), kind="stable").tolist()


def _changes_text(low: list[tuple[str, str]], high: list[tuple[str, str]], order: list[int]) -> str:
    """Return the largest changes as a text, such as ``length 2.1 → 7.9 · colour red → blue``."""
    changes = [f"{low[i][0]} {low[i][1]} → {high[i][1]}" for i in order if low[i][1] != high[i][1]]
    return " · ".join(changes[:MAX_CHANGES]) or "nothing changes"


@st.cache_resource(max_entries=32, show_spinner=False)
def _film(key: tuple[object, ...], _run: Run, _field: Field, _spread: LatentSpread, _now: np.ndarray, axis: int) -> bytes:
    return _animation(_run, _field, _spread, _now, axis, LARGE_SIDE)


def _animation(run: Run, field: Field, spread: LatentSpread, now: np.ndarray, axis: int, side: int) -> bytes:
    frames = decode_quickly(run, spread.sweep(now, axis))[field.name]
    return film_gif(side_by_side(field, frames, side=side), is_loop=True)


def _move_latent(scene: Scene, dimension: int, key: str) -> None:
    """Move a latent to the value of its slider, in standard deviations, and animate it."""
    page_state = state.current(ExploreState)
    moves = parse_moves(page_state.moved, scene.run) | {dimension: float(state.get(key, 0.0))}
    scene.state = state.update(page_state, moved=format_moves(moves), axis=dimension)


def _set_origin(scene: Scene, sample: int) -> None:
    """Start from a sample, or from the mean (−1), with no latent moved."""
    scene.change(origin=sample, moved="")


def _show_more() -> None:
    state.put({_ROWS: state.get(_ROWS, ROWS) + ROWS})


def _overlays(scene: Scene, projection: Projection) -> list[Overlay]:
    """Return the start of the traversal, and the path from the start to the moved sample."""
    spread = _cached_spread((scene.run.id, version_of(scene.run.id)), scene.run)
    start = traversal_origin(scene.run, scene.state.origin, spread.mean)
    now = spread.move(start, parse_moves(scene.state.moved, scene.run))
    positions = place_latents(projection, scene.run, np.stack([start, now]))
    if np.array_equal(start, now):
        return [stops_overlay(positions[:1], ["start"])]
    return [path_overlay(positions, "moved"), stops_overlay(positions, ["start", "now"])]


PANEL = Panel("traversal", "Traverse", "space", 10, frozenset({"results", "dimensions"}), _draw, _set_origin, _overlays)
