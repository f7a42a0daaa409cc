"""A table of samples with selectable rows: pictures, texts or values, ids, labels and further columns."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.decoding import text_rows
from aeexplorer.training.run import Run
from aeexplorer.ui.displays import is_pictured
from aeexplorer.ui.session import state
from aeexplorer.views.maps.latent_map import label_texts
from aeexplorer.views.pictures.pictures import field_pictures, png_bytes, resize_pictures, tile

PICTURE_SIDE, ROW_HEIGHT, TEXT_WIDTH, NUMBER_WIDTH = 64, 44, 170, 75
"""Sizes in the table, in pixels."""
_MAX_CHARACTERS = 60


def choose_samples(
    run: Run, ids: np.ndarray, extra: Mapping[str, np.ndarray], key: str, on_choose: Callable[[np.ndarray], None], height: int
) -> None:
    """Draw a table of samples, and call `on_choose` with the samples whose rows are ticked.

    Parameters
    ----------
    run
        Run of the samples.
    ids
        Ids of the samples, integers ``(n,)``, in the order of the rows.
    extra
        Further columns by name, with a value for each sample.
    key
        Key of the table. A new key clears the ticked rows.
    on_choose
        Called with the ids of the ticked rows, int32 ``(m,)``.
    height
        Height of the table in CSS pixels.
    """
    table: dict[str, Any] = {}
    columns: dict[str, Any] = {}
    for name, field in run.dataset.fields.items():
        samples = np.asarray(field.array[ids])
        if is_pictured(field):
            table[name] = [
                _data_url(png_bytes(tile(picture[None], 1)))
                for picture in resize_pictures(field_pictures(field, samples, ids), PICTURE_SIDE)
            ]
            columns[name] = st.column_config.ImageColumn(width=70)
        else:
            table[name] = [_row_text(row) for row in text_rows(run, name, {name: samples})]
            columns[name] = st.column_config.TextColumn(width=TEXT_WIDTH)
    table["sample"] = ids
    if (labels := label_texts(run, ids)) is not None:
        table["label"] = labels
    table |= extra
    columns |= {name: st.column_config.NumberColumn(width=NUMBER_WIDTH) for name in extra} | {
        "distance": st.column_config.NumberColumn(format="%.3f", width=NUMBER_WIDTH),
        "sample": st.column_config.NumberColumn(width=NUMBER_WIDTH),
    }
    st.dataframe(
        pd.DataFrame(table),
        hide_index=True,
        key=key,
        height=height,
        row_height=ROW_HEIGHT,
        column_config=columns,
        on_select=lambda: on_choose(ids[state.get(key, None)["selection"]["rows"]].astype(np.int32)),
        selection_mode="multi-row",
    )


def _row_text(row: list[tuple[str, str]]) -> str:
    """Return the values of a row as one line of text, shortened to the width of the column."""
    text = row[0][1] if len(row) == 1 else ", ".join(f"{name} {value}" for name, value in row if value)
    return text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]}…"


def _data_url(picture: bytes) -> str:
    return f"data:image/png;base64,{b64encode(picture).decode()}"
