"""Sharing and downloads: a link to the page, a citation, an offline page and a table of the samples."""

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
"""Width of the popover in CSS pixels."""
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", None)
"""Hosts that other machines cannot reach."""


def draw_share(scene: Scene, projection: Projection) -> None:
    """Draw the popover Share. Its contents are drawn when it is open."""
    popover = st.popover("Share", icon=":material/ios_share:", type="tertiary", key="explore.share", on_change="rerun")
    if not popover.open:
        return
    colour = scene.state.colour
    if required_job(scene.run, colour, projection):
        colour = offered_colourings(scene.run)[0]
    with popover, st.container(width=WIDTH):
        copy_button("Copy link", "explore.link")
        st.caption("The link opens this run with the same map, zoom, colours, panel and selection, for all users of this server.")
        citation = cite(scene.run, projection, colour, datetime.date.today(), len(scene.selected), _address(scene))
        _draw_citation(citation)
        _draw_offline_page(scene, projection, colour, citation)
        _draw_table(scene, projection)


def _draw_citation(citation: Citation) -> None:
    st.markdown("**Cite it**")
    st.text(citation.text)
    with st.container(horizontal=True):
        copy_button("Copy caption", "explore.caption", citation.text)
        copy_button("Copy BibTeX", "explore.bibtex", citation.bibtex)
        st.download_button(
            "BibTeX", citation.bibtex, "view.bib", on_click="ignore", icon=":material/download:", key="explore.bib"
        )


def _draw_offline_page(scene: Scene, projection: Projection, colour: str, citation: Citation) -> None:
    st.markdown("**Download**")
    page = partial(offline_page, scene.run, projection, colour, citation, scene.selected)
    st.download_button(
        "Offline page",
        page,
        f"{scene.run.id}.html",
        on_click="ignore",
        icon=":material/download:",
        key="explore.html",
        help="One HTML file with the map, thumbnails, your selection and, for pictures, the decoder. It needs no network and no "
        "installation. The toolbar above each chart downloads the chart as PNG or SVG.",
    )


def _draw_table(scene: Scene, projection: Projection) -> None:
    """Draw the downloads of a table of the selected samples, or of all samples on the map."""
    ids = scene.selected if len(scene.selected) else scene.ids
    title = f"{len(ids):,} {'selected' if len(scene.selected) else 'shown'} samples"
    st.markdown(f"Ids, labels, columns, tags, errors, positions and latents of the **{title}**")
    with st.container(horizontal=True):
        for label, ending, write in (("CSV", "csv", csv_bytes), ("Parquet", "parquet", parquet_bytes)):
            table = partial(_table_bytes, write, scene.run, ids, projection)
            st.download_button(
                label,
                table,
                f"{scene.run.id}.{ending}",
                on_click="ignore",
                icon=":material/download:",
                key=f"explore.{ending}",
            )


def _table_bytes(write: Callable[[pa.Table], bytes], run: Run, ids: np.ndarray, projection: Projection) -> bytes:
    return write(samples_table(run, ids, projection))


def _address(scene: Scene) -> str:
    """Return the address of this page for others; empty if only this machine can reach it."""
    url = st.context.url or ""
    if urlsplit(url).hostname in _LOCAL_HOSTS:
        return ""
    zoom = zoom_in_address("explore.zoom")
    return f"{url}?{urlencode(state.to_address(scene.state) | ({'zoom': zoom} if zoom else {}))}"
