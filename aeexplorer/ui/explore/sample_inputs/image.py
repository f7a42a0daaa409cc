"""Input for pictures: draw on a canvas, upload or photograph."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import streamlit as st

from aeexplorer.analysis.samples.drawn_sample import (
    PictureLayout,
    apply_layout,
    has_opposite_background,
    invert_picture,
    measure_layout,
    resize_picture,
)
from aeexplorer.data.dataset import Dataset, Field
from aeexplorer.data.fitting import fitter_of
from aeexplorer.ui.components.canvas import Paper, canvas
from aeexplorer.ui.explore.sample_inputs._files import draw_upload, read_files
from aeexplorer.ui.explore.sample_inputs.base import SampleInput
from aeexplorer.ui.session import state
from aeexplorer.ui.session.user_samples import UserSamples

DRAWING_SIDE = 112
"""Approximate longer side of a drawing in pixels."""
WAYS = {"draw": "Draw", "upload": "Upload", "photo": "Photo"}


@dataclass(frozen=True, eq=False)
class _Source:
    """A picture before it is fitted to the dataset.

    Parameters
    ----------
    pixels
        The picture at a multiple of the dataset's size, ``(channels, height, width)``.
    sample
        The picture as read from a file at the dataset's size; None for drawings.
    """

    pixels: np.ndarray
    sample: np.ndarray | None


def _draw(user_samples: UserSamples, field: Field) -> None:
    if fitter_of(field) is None:
        st.caption(f"Pictures of {field.shape[0]} channels cannot be drawn or read from files; click a sample on the map.")
        return
    layout = _layout(user_samples.dataset.id, field.name, user_samples.dataset, field)
    way = st.segmented_control(
        "Kind of input",
        list(WAYS),
        default="draw",
        format_func=WAYS.__getitem__,
        required=True,
        key=user_samples.key("way", field.name),
        label_visibility="collapsed",
        persist_state="session",
    )
    finer = _finer(field)
    add = partial(_add_file, layout)
    if way == "draw":
        key = user_samples.key("canvas", field.name)
        paper = Paper((finer.shape[0], finer.shape[1], finer.shape[2]), *_colours(layout), _pen_width(layout))
        canvas(
            paper,
            key=key,
            number=user_samples.list.sheet,
            on_change=partial(_add_drawing, user_samples, field, key, paper, layout),
        )
    elif way == "upload":
        draw_upload(user_samples, field, add, field, finer)
    else:
        key = user_samples.key("photo", field.name)
        st.camera_input("Photo", key=key, on_change=read_files, args=(user_samples, field, key, add, (field, finer), "photo"))
    _draw_options(user_samples, field, layout, can_invert=way != "draw" and layout.has_plain_background)


def _draw_options(user_samples: UserSamples, field: Field, layout: PictureLayout, can_invert: bool) -> None:
    """Draw the switches that centre and invert a picture."""
    options = {"on_change": _fit_again, "args": (user_samples, field, layout), "persist_state": "session"}
    is_centred = False
    if layout.extent is not None:
        key = user_samples.key("centre", field.name)
        state.setdefault(key, True)
        is_centred = st.toggle("Centre", key=key, help=f"{layout.caption}.", **options)
    if can_invert and not (is_centred and field.shape[0] == 1):
        key = user_samples.key("invert", field.name)
        state.setdefault(key, False)
        st.toggle("Invert", key=key, help="Exchange bright and dark.", **options)


@st.cache_data(max_entries=64, show_spinner=False)
def _layout(dataset_id: str, name: str, _dataset: Dataset, _field: Field) -> PictureLayout:
    return measure_layout(_dataset, _field)


def _finer(field: Field) -> Field:
    """Return the field at a whole multiple of its size."""
    channels, height, width = field.shape
    factor = max(1, round(DRAWING_SIDE / max(height, width)))
    return replace(field, shape=(channels, height * factor, width * factor), dtype="uint8")


def _colours(layout: PictureLayout) -> tuple[str, str]:
    """Return the colours of the background and of the pen."""
    levels = [round(level) for level in (layout.background if layout.has_plain_background else (255,))]
    background = "#" + "".join(f"{level:02x}" for level in (levels if len(levels) == 3 else levels[:1] * 3))
    is_bright = layout.bright_foreground if layout.has_plain_background else False
    return background, "#ffffff" if is_bright else "#000000"


def _pen_width(layout: PictureLayout) -> int:
    """Return the width of the pen in hundredths of the canvas.

    A drawing that fills three quarters of the canvas then has lines as wide as those of the dataset.
    """
    return int(np.clip(round(100 * layout.stroke_width * 0.75 / (layout.extent or 0.75)), 3, 30))


def _add_drawing(user_samples: UserSamples, field: Field, key: str, paper: Paper, layout: PictureLayout) -> None:
    """Add the drawing on the canvas as a user sample. Drawings on an earlier canvas are ignored."""
    drawing = (state.get(key, None) or {}).get("drawing")
    if not drawing or drawing.get("number") != user_samples.list.sheet:
        return

    def add() -> None:
        pixels = paper.pixels(drawing)
        source = None if pixels is None else _Source(pixels, None)
        sample = None if source is None else _fit(user_samples, field, layout, source)
        user_samples.add(field.name, sample, "drawing", "drawing", source)

    user_samples.catch_refusal(add)


def _add_file(
    layout: PictureLayout, user_samples: UserSamples, field: Field, origin: str, title: str, samples: list[np.ndarray]
) -> None:
    """Add a picture from a file, which was read at the dataset's size and at the finer size."""
    source = _Source(samples[1], samples[0])
    if not _is_centred(user_samples, field, layout):
        state.put({user_samples.key("invert", field.name): has_opposite_background(source.pixels, layout)})
    user_samples.add(field.name, _fit(user_samples, field, layout, source), origin, title, source)


def _fit(user_samples: UserSamples, field: Field, layout: PictureLayout, source: _Source) -> np.ndarray:
    """Fit a picture to the dataset with the chosen options; return a stored sample."""
    if _is_centred(user_samples, field, layout):
        sample = apply_layout(source.pixels, field, layout)
        is_background_fitted = field.shape[0] == 1
    else:
        sample = resize_picture(source.pixels, field) if source.sample is None else source.sample
        is_background_fitted = False
    is_inverted = (
        source.sample is not None and not is_background_fitted and state.get(user_samples.key("invert", field.name), False)
    )
    return invert_picture(sample) if is_inverted else sample


def _is_centred(user_samples: UserSamples, field: Field, layout: PictureLayout) -> bool:
    return layout.extent is not None and bool(state.get(user_samples.key("centre", field.name), True))


def _fit_again(user_samples: UserSamples, field: Field, layout: PictureLayout) -> None:
    """Fit the current user sample again with changed options, if it is a picture."""
    entry = user_samples.list.find(user_samples.list.shown_number)
    if entry is not None and isinstance(entry.source, _Source):
        user_samples.replace_field(entry.number, field.name, _fit(user_samples, field, layout, entry.source))


INPUT = SampleInput("image", _draw, narrow=True)
