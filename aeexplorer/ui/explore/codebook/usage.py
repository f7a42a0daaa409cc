"""How often the codes are used, what a code decodes to, and where it occurs in a sample."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.codes.codebook import code_grid, codebook_size, decode_entry, samples_using, usage
from aeexplorer.analysis.decoding import text_rows
from aeexplorer.ui.components.linked import ChartEvent
from aeexplorer.ui.displays import is_pictured, show_besides
from aeexplorer.ui.explore.codebook.surgery import edited_sample
from aeexplorer.ui.explore.figures import cached_figure
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.images import show_image
from aeexplorer.ui.session import state
from aeexplorer.views.charts.codebook_usage import run_codebook_usage
from aeexplorer.views.pictures.pictures import (
    code_grid_picture,
    codes_in_picture,
    field_pictures,
    png_bytes,
    resize_pictures,
    tile,
)

SIDE = 190
"""Side of a picture in CSS pixels."""
_CODE = "explore.code"
_CHART = "codes"


def show_usage(scene: Scene) -> None:
    """Draw the usage of the codes as bars, the chosen code, and the codes of a sample."""
    scene.chart(cached_figure(run_codebook_usage, scene.run, scene.ids), _CHART, height=180)
    left, right = st.columns(2, gap="small")
    with left:
        _draw_code(scene)
    with right:
        _draw_sample(scene)


def choose_clicked_code(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    """Choose the code whose bar was clicked."""
    event = events.get(_CHART)
    if event is not None and event.clicked_group is not None:
        scene.change(code=int(usage(scene.run, scene.ids).order[event.clicked_group]))


def _draw_code(scene: Scene) -> None:
    """Draw the choice of a code, and what the chosen code decodes to."""
    code = scene.state.code
    state.put({_CODE: None if code < 0 else code})
    st.number_input(
        "Code",
        0,
        codebook_size(scene.run) - 1,
        step=1,
        placeholder="click a bar",
        key=_CODE,
        on_change=_choose_code,
        args=(scene,),
        help="The samples that use the code are selected in every view.",
    )
    if code < 0:
        return
    decoded = {name: sample[None] for name, sample in decode_entry(scene.run, code).items()}
    for name, field in scene.run.dataset.fields.items():
        if is_pictured(field):
            show_image(
                png_bytes(tile(resize_pictures(field_pictures(field, decoded[name]), SIDE), 1)),
                alt=f"What code {code} decodes to",
            )
        else:
            rows = text_rows(scene.run, name, decoded)[0]
            st.dataframe(pd.DataFrame(rows, columns=["column", "value"]), hide_index=True, height=min(180, 36 * (1 + len(rows))))
        show_besides(field, {"Code": decoded[name]})
    samples, counts = samples_using(scene.run, code, scene.run.dataset.ids())
    st.caption(f"Code {code} at every position. {len(samples):,} samples use it, {int(counts.sum()):,} times.")


def _draw_sample(scene: Scene) -> None:
    """Draw the codes of a sample."""
    code, sample = scene.state.code, edited_sample(scene)
    grid = code_grid(scene.run, sample, code)
    st.markdown(f"Codes of sample {sample}")
    field = next(filter(is_pictured, scene.run.dataset.fields.values()), None)
    codes = codes_in_picture(field, grid) if field else grid
    if field and codes.ndim == 2:
        picture = field_pictures(field, field.array[[sample]], np.array([sample]))[0]
        show_image(
            png_bytes(code_grid_picture(picture, codes, SIDE + 20, code)), alt=f"The codes of sample {sample} over its picture"
        )
    else:
        st.code(" ".join(map(str, grid.ravel().tolist())), wrap_lines=True, language=None)


def _choose_code(scene: Scene) -> None:
    """Choose the code of the widget, and select the samples that use it."""
    code = state.setdefault(_CODE, None)
    scene.change(code=-1 if code is None else int(code))
    if code is not None:
        scene.select(samples_using(scene.run, int(code), scene.run.dataset.ids())[0])
