"""The same samples in all runs: the inputs, and a column of reconstructions for each run."""

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.decoding import text_rows
from aeexplorer.analysis.samples.reconstruction import reconstructions
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.data.split import SPLITS
from aeexplorer.training.run import Run
from aeexplorer.ui.compare.choose import LETTERS
from aeexplorer.ui.displays import is_pictured
from aeexplorer.ui.parts.images import show_image
from aeexplorer.ui.session.selection import Selection
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.pictures.pictures import field_pictures, png_bytes, resize_pictures, tile

MAX_PICTURES, SIDE = 6, 72
"""Samples with pictures, and the longer side of a picture in pixels."""
MAX_ROWS = 3
"""Samples that are shown as rows of a table."""


def draw_samples(runs: list[Run], selection: Selection) -> None:
    """Draw some of the selected samples, or without a selection some held-out samples."""
    dataset = runs[0].dataset
    held_out = next(ids for ids in map(dataset.ids, reversed(SPLITS)) if len(ids))
    pool = selection.ids if len(selection.ids) else held_out
    for name, field in dataset.fields.items():
        if is_pictured(field):
            _draw_pictures(runs, name, sample_ids(dataset, MAX_PICTURES, pool))
        else:
            _draw_table(runs, name, sample_ids(dataset, MAX_ROWS, pool))


def _draw_pictures(runs: list[Run], name: str, ids: np.ndarray) -> None:
    field = runs[0].dataset.fields[name]
    inputs = field_pictures(field, field.array[ids], ids)
    columns = [("Input", png_bytes(tile(resize_pictures(inputs, SIDE), 1)), f"Samples {_join_ids(ids)}")]
    for letter, run in zip(LETTERS, runs, strict=False):
        picture = _reconstructed((run.id, version_of(run.id)), run, name, tuple(ids.tolist()))
        columns.append((letter, picture, f"Reconstructions of samples {_join_ids(ids)} by run {letter}"))
    with st.container(horizontal=True, gap="small"):
        for title, picture, alt in columns:
            with st.container(width="content", gap="xsmall"):
                st.caption(title)
                show_image(picture, alt=alt)


@st.cache_resource(max_entries=128, show_spinner=False)
def _reconstructed(version: tuple[str, str], _run: Run, field: str, ids: tuple[int, ...]) -> bytes:
    outputs = reconstructions(_run, np.array(ids, np.int32)).outputs[field]
    return png_bytes(tile(resize_pictures(field_pictures(_run.dataset.fields[field], outputs), SIDE), 1))


def _draw_table(runs: list[Run], field: str, ids: np.ndarray) -> None:
    columns = {"input": text_rows(runs[0], field, {field: np.asarray(runs[0].dataset.fields[field].array[ids])})}
    for letter, run in zip(LETTERS, runs, strict=False):
        columns[letter] = text_rows(run, field, reconstructions(run, ids).outputs)
    table = [
        {"sample": sample, "column": name, "input": value}
        | {title: rows[i][j][1] for title, rows in columns.items() if title != "input"}
        for i, sample in enumerate(ids.tolist())
        for j, (name, value) in enumerate(columns["input"][i])
    ]
    st.dataframe(pd.DataFrame(table), hide_index=True)


def _join_ids(ids: np.ndarray) -> str:
    return ", ".join(map(str, ids.tolist()))
