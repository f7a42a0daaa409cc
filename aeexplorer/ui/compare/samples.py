"""The same samples through every run: inputs, and a column of reconstructions a run."""

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
from aeexplorer.views.pictures.pictures import pictured, png, sized, tile

ROWS, SIDE = 6, 72
TABLE_ROWS = 3


def draw_samples(runs: list[Run], selection: Selection) -> None:
    """Some of the selected samples, or some held-out ones that stand for all."""
    dataset = runs[0].dataset
    chosen = selection.ids
    held_out = next(ids for ids in map(dataset.ids, reversed(SPLITS)) if len(ids))
    pool = chosen if len(chosen) else held_out
    for name, field in dataset.fields.items():
        if is_pictured(field):
            _pictures(runs, name, sample_ids(dataset, ROWS, pool))
        else:
            _rows(runs, name, sample_ids(dataset, TABLE_ROWS, pool))


def _pictures(runs: list[Run], field: str, ids: np.ndarray) -> None:
    about = runs[0].dataset.fields[field]
    inputs = pictured(about, about.array[ids], ids)
    page_state = [("Input", png(tile(sized(inputs, SIDE), 1)), f"Samples {_named(ids)}")]
    for letter, run in zip(LETTERS, runs, strict=False):
        picture = _reconstructed((run.id, version_of(run.id)), run, field, tuple(ids.tolist()))
        page_state.append((letter, picture, f"What run {letter} makes of samples {_named(ids)}"))
    with st.container(horizontal=True, gap="small"):
        for title, picture, alt in page_state:
            with st.container(width="content", gap="xsmall"):
                st.caption(title)
                show_image(picture, alt=alt)


@st.cache_resource(max_entries=128, show_spinner=False)
def _reconstructed(mark: tuple[str, str], _run: Run, field: str, ids: tuple[int, ...]) -> bytes:
    outputs = reconstructions(_run, np.array(ids, np.int32)).outputs[field]
    return png(tile(sized(pictured(_run.dataset.fields[field], outputs), SIDE), 1))


def _rows(runs: list[Run], field: str, ids: np.ndarray) -> None:
    columns = {"input": text_rows(runs[0], field, {field: np.asarray(runs[0].dataset.fields[field].array[ids])})}
    for letter, run in zip(LETTERS, runs, strict=False):
        columns[letter] = text_rows(run, field, reconstructions(run, ids).outputs)
    table = [
        {"sample": sample, "column": name, "input": value} | {at: rows[i][j][1] for at, rows in columns.items() if at != "input"}
        for i, sample in enumerate(ids.tolist())
        for j, (name, value) in enumerate(columns["input"][i])
    ]
    st.dataframe(pd.DataFrame(table), hide_index=True)


def _named(ids: np.ndarray) -> str:
    return ", ".join(map(str, ids.tolist()))
