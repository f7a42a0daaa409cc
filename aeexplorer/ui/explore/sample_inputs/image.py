"""Pictures: drawn on a canvas, uploaded, photographed."""

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
from aeexplorer.ui.explore.sample_inputs._files import taken, upload
from aeexplorer.ui.explore.sample_inputs.base import SampleInput
from aeexplorer.ui.session import state
from aeexplorer.ui.session.user_samples import UserSamples

FINE = 112
"""Longer side of what is drawn, in pixels, about."""
WAYS = {"draw": "Draw", "upload": "Upload", "photo": "Photo"}


@dataclass(frozen=True, eq=False)
class _Fine:
    """What a picture was made of: finer pixels, and a file's own sample."""

    pixels: np.ndarray
    own: np.ndarray | None


def _draw(user_samples: UserSamples, field: Field) -> None:
    if fitter_of(field) is None:
        st.caption(f"Pictures of {field.shape[0]} channels cannot be drawn or read from files; click a sample on the map.")
        return
    layout = _layout(user_samples.dataset.id, field.name, user_samples.dataset, field)
    way = st.segmented_control(
        "How it comes in",
        list(WAYS),
        default="draw",
        format_func=WAYS.__getitem__,
        required=True,
        key=user_samples.key("way", field.name),
        label_visibility="collapsed",
        persist_state="session",
    )
    finer = _finer(field)
    bring = partial(_bring, layout)
    if way == "draw":
        key = user_samples.key("canvas", field.name)
        paper = Paper((finer.shape[0], finer.shape[1], finer.shape[2]), *_colours(layout), _pen(layout))
        canvas(paper, key=key, number=user_samples.list.sheet, on_change=partial(_drawn, user_samples, field, key, paper, layout))
    elif way == "upload":
        upload(user_samples, field, bring, field, finer)
    else:
        key = user_samples.key("photo", field.name)
        st.camera_input("Photo", key=key, on_change=taken, args=(user_samples, field, key, bring, (field, finer), "photo"))
    _choices(user_samples, field, layout, inverts=way != "draw" and layout.has_plain_background)


def _choices(user_samples: UserSamples, field: Field, layout: PictureLayout, inverts: bool) -> None:
    again = {"on_change": _again, "args": (user_samples, field, layout), "persist_state": "session"}
    centred = False
    if layout.extent is not None:
        key = user_samples.key("centre", field.name)
        state.setdefault(key, True)
        centred = st.toggle("Centre", key=key, help=f"{layout.caption}.", **again)
    if inverts and not (centred and field.shape[0] == 1):
        key = user_samples.key("invert", field.name)
        state.setdefault(key, False)
        st.toggle("Invert", key=key, help="Bright for dark and dark for bright.", **again)


@st.cache_data(max_entries=64, show_spinner=False)
def _layout(dataset_id: str, name: str, _dataset: Dataset, _field: Field) -> PictureLayout:
    return measure_layout(_dataset, _field)


def _finer(field: Field) -> Field:
    """The field in whole multiples of its size."""
    channels, height, width = field.shape
    times = max(1, round(FINE / max(height, width)))
    return replace(field, shape=(channels, height * times, width * times), dtype="uint8")


def _colours(layout: PictureLayout) -> tuple[str, str]:
    """Ground and ink."""
    levels = [round(level) for level in (layout.background if layout.has_plain_background else (255,))]
    ground = "#" + "".join(f"{level:02x}" for level in (levels if len(levels) == 3 else levels[:1] * 3))
    bright = layout.bright_foreground if layout.has_plain_background else False
    return ground, "#ffffff" if bright else "#000000"


def _pen(layout: PictureLayout) -> int:
    """So wide that lines are as the dataset's when what is drawn fills three quarters of the canvas, in hundredths."""
    return int(np.clip(round(100 * layout.stroke_width * 0.75 / (layout.extent or 0.75)), 3, 30))


def _drawn(user_samples: UserSamples, field: Field, key: str, paper: Paper, layout: PictureLayout) -> None:
    """What was drawn last; a sheet that is no longer there counts no more."""
    drawing = (state.get(key, None) or {}).get("drawing")
    if not drawing or drawing.get("number") != user_samples.list.sheet:
        return

    def bring() -> None:
        pixels = paper.pixels(drawing)
        fine = None if pixels is None else _Fine(pixels, None)
        user_samples.add(
            field.name, None if fine is None else _made(user_samples, field, layout, fine), "drawing", "drawing", fine
        )

    user_samples.catch_refusal(bring)


def _bring(
    layout: PictureLayout, user_samples: UserSamples, field: Field, origin: str, title: str, samples: list[np.ndarray]
) -> None:
    fine = _Fine(samples[1], samples[0])
    if not _is_centred(user_samples, field, layout):
        state.put({user_samples.key("invert", field.name): has_opposite_background(fine.pixels, layout)})
    user_samples.add(field.name, _made(user_samples, field, layout, fine), origin, title, fine)


def _made(user_samples: UserSamples, field: Field, layout: PictureLayout, fine: _Fine) -> np.ndarray:
    if _is_centred(user_samples, field, layout):
        sample = apply_layout(fine.pixels, field, layout)
        taken_out = field.shape[0] == 1
    else:
        sample = resize_picture(fine.pixels, field) if fine.own is None else fine.own
        taken_out = False
    flips = fine.own is not None and not taken_out and state.get(user_samples.key("invert", field.name), False)
    return invert_picture(sample) if flips else sample


def _is_centred(user_samples: UserSamples, field: Field, layout: PictureLayout) -> bool:
    return layout.extent is not None and bool(state.get(user_samples.key("centre", field.name), True))


def _again(user_samples: UserSamples, field: Field, layout: PictureLayout) -> None:
    """Make the guest that is looked at anew, where it is a picture."""
    entry = user_samples.list.find(user_samples.list.shown)
    if entry is not None and isinstance(entry.source, _Fine):
        user_samples.replace_field(entry.number, field.name, _made(user_samples, field, layout, entry.source))


INPUT = SampleInput("image", _draw, narrow=True)
