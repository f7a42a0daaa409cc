"""The line under the map: how much is selected, clearing it, taking things home."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pyarrow as pa
import streamlit as st

from aeexplorer.analysis.projection import Projection
from aeexplorer.analysis.table import parquet_bytes, samples_table
from aeexplorer.data.exporting import csv_bytes
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.map import Shown
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.layers import choose_layers
from aeexplorer.ui.navigation import pages
from aeexplorer.ui.widgets import escape
from aeexplorer.views.base import LinkedFigure


def foot(scene: Scene, shown: Shown, figure: LinkedFigure) -> None:
    """Say how many samples are selected and what to know about the map; offer to clear the selection and to download."""
    count, total = len(scene.selected), scene.run.dataset.n
    with st.container(horizontal=True, vertical_alignment="center"):
        if shown.note:
            st.badge(escape(shown.note), icon=":material/hourglass_empty:" if shown.awaited else ":material/info:", color="gray")
        if not count:
            st.caption("Drag over points to select, hover to look.", width="content")
            st.page_link(pages()["data"], label="Bring your data", icon=":material/upload:", width="content")
            st.page_link(pages()["train"], label="Train", icon=":material/model_training:", width="content")
        if count:
            st.markdown(f"**{count:,}** of {total:,} selected", width="content")
            st.button("Clear", key="explore.clear", type="tertiary", icon=":material/close:", on_click=scene.light, args=((),))
        st.space("stretch")
        choose_layers(scene, shown.made)
        with st.popover("Download", icon=":material/download:", type="tertiary"):
            _downloads(scene, shown.made, figure)


def _downloads(scene: Scene, made: Projection, figure: LinkedFigure) -> None:
    run = scene.run
    ids = scene.selected if len(scene.selected) else scene.ids
    which = f"{len(ids):,} {'selected' if len(scene.selected) else 'shown'} samples"
    st.markdown(f"Ids, labels, errors, positions and latents of the **{which}**")
    with st.container(horizontal=True):
        for title, ending, write in (("CSV", "csv", csv_bytes), ("Parquet", "parquet", parquet_bytes)):
            made_now = partial(_written, write, run, ids, made)
            st.download_button(title, made_now, f"{run.id}.{ending}", on_click="ignore", key=f"explore.{ending}")
    st.markdown("The map; PNG and SVG are above each chart")
    page = partial(figure.figure.to_html, include_plotlyjs=True)
    st.download_button("HTML", page, f"{run.id}.html", on_click="ignore", key="explore.html")


def _written(write: Callable[[pa.Table], bytes], run: Run, ids: np.ndarray, made: Projection) -> bytes:
    return write(samples_table(run, ids, made))
