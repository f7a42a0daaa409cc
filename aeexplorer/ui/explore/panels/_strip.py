"""Decoded latents side by side: pictures of pictured fields, rows of text of other fields."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.decoding import decode, text_rows
from aeexplorer.training.run import Run
from aeexplorer.ui.displays import is_pictured, show_besides
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.images import show_image
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.pictures.pictures import field_pictures, png_bytes, resize_pictures, tile


def show_strip(run: Run, latents: np.ndarray, titles: Sequence[str], side: int, alt: str, columns: int = 9) -> None:
    """Decode latents and draw every field.

    Parameters
    ----------
    run
        Run of the latents.
    latents
        Latents, float32 ``(m, d)``.
    titles
        Title of each latent.
    side
        Side of a picture in pixels.
    alt
        Text that describes the pictures.
    columns
        Number of pictures in a row.
    """
    samples, pictures = _decoded((run.id, version_of(run.id), latents.tobytes(), side, columns), run, latents)
    for name, field in run.dataset.fields.items():
        if name in pictures:
            show_image(pictures[name], alt=f"{alt}: {', '.join(titles)}")
        else:
            rows = pd.DataFrame([dict(row) for row in text_rows(run, name, samples)], index=pd.Index(titles))
            table = rows.T if len(rows.columns) > 1 else rows
            st.dataframe(table, height=min(260, 36 * (1 + len(table))))
        show_besides(field, {titles[0]: samples[name][:1], titles[-1]: samples[name][-1:]})


def latents_of(scene: Scene) -> np.ndarray:
    """Return the latents of the samples on the map, float32 ``(n, d)``."""
    return _latents((scene.run.id, version_of(scene.run.id), scene.ids.tobytes()), scene.run, scene.ids)


@st.cache_resource(max_entries=128, show_spinner=False)
def _decoded(key: tuple[Any, ...], _run: Run, _latents: np.ndarray) -> tuple[Mapping[str, np.ndarray], Mapping[str, bytes]]:
    samples = decode(_run, _latents)
    pictured = {name: field for name, field in _run.dataset.fields.items() if is_pictured(field)}
    side, columns = key[-2:]
    return samples, {
        name: png_bytes(tile(resize_pictures(field_pictures(field, samples[name]), side), columns))
        for name, field in pictured.items()
    }


@st.cache_resource(max_entries=4, show_spinner=False)
def _latents(key: tuple[Any, ...], _run: Run, _ids: np.ndarray) -> np.ndarray:
    return _run.latents(_ids)
