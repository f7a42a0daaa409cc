"""Sharing and taking home what is on the page: its link, how to cite it, an offline page, a table."""

import datetime
from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode, urlsplit

import numpy as np
import pyarrow as pa
import streamlit as st

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.runs.citation import Citation, cite
from aeexplorer.analysis.samples.colouring import offered_colourings, required_job
from aeexplorer.analysis.samples.table import parquet_bytes, samples_table
from aeexplorer.data.exporting import csv_bytes
from aeexplorer.exchange.offline.page import offline_page
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.copying import copy_button
from aeexplorer.ui.session import state
from aeexplorer.ui.session.zoom import zoom_in_address

WIDTH = 440
_HERE = ("localhost", "127.0.0.1", "::1", None)
"""Hosts under which nobody else finds a page."""


def share(scene: Scene, made: Projection) -> None:
    """A list of ways to share; drawn when it is opened."""
    shared = st.popover("Share", icon=":material/ios_share:", type="tertiary", key="explore.share", on_change="rerun")
    if not shared.open:
        return
    colour = scene.state.colour if not required_job(scene.run, scene.state.colour, made) else offered_colourings(scene.run)[0]
    with shared, st.container(width=WIDTH):
        copy_button("Copy link", "explore.link")
        st.caption("The link opens the same run, map, zoom, colours, panel and selection for everyone who reaches this server.")
        cited = cite(scene.run, made, colour, datetime.date.today(), len(scene.selected), _address(scene))
        _cite(cited)
        _offline(scene, made, colour, cited)
        _table(scene, made)


def _cite(cited: Citation) -> None:
    st.markdown("**Cite it**")
    st.text(cited.text)
    with st.container(horizontal=True):
        copy_button("Copy caption", "explore.caption", cited.text)
        copy_button("Copy BibTeX", "explore.bibtex", cited.bibtex)
        st.download_button("BibTeX", cited.bibtex, "view.bib", on_click="ignore", icon=":material/download:", key="explore.bib")


def _offline(scene: Scene, made: Projection, colour: str, cited: Citation) -> None:
    st.markdown("**Take it home**")
    page = partial(offline_page, scene.run, made, colour, cited, scene.selected)
    st.download_button(
        "Offline page",
        page,
        f"{scene.run.id}.html",
        on_click="ignore",
        icon=":material/download:",
        key="explore.html",
        help="One HTML file with the map, thumbnails, your selection and, for pictures, the decoder. It needs no network and no "
        "installation. PNG and SVG of a chart are above the chart.",
    )


def _table(scene: Scene, made: Projection) -> None:
    ids = scene.selected if len(scene.selected) else scene.ids
    which = f"{len(ids):,} {'selected' if len(scene.selected) else 'shown'} samples"
    st.markdown(f"Ids, labels, columns, tags, errors, positions and latents of the **{which}**")
    with st.container(horizontal=True):
        for title, ending, write in (("CSV", "csv", csv_bytes), ("Parquet", "parquet", parquet_bytes)):
            table = partial(_written, write, scene.run, ids, made)
            st.download_button(
                title,
                table,
                f"{scene.run.id}.{ending}",
                on_click="ignore",
                icon=":material/download:",
                key=f"explore.{ending}",
            )


def _written(write: Callable[[pa.Table], bytes], run: Run, ids: np.ndarray, made: Projection) -> bytes:
    return write(samples_table(run, ids, made))


def _address(scene: Scene) -> str:
    """Where others find this view; empty where only this machine does."""
    url = st.context.url or ""
    if urlsplit(url).hostname in _HERE:
        return ""
    zoom = zoom_in_address("explore.zoom")
    return f"{url}?{urlencode(state.to_address(scene.state) | ({'zoom': zoom} if zoom else {}))}"
