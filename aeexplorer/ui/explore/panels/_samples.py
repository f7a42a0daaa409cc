"""Samples as rows of a table that one can choose from: pictures, texts and values, and what is known of them."""

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

SIDE, ROW, WORDS, NARROW = 64, 44, 170, 75
_TEXT = 60


def choose_samples(
    run: Run, ids: np.ndarray, known: Mapping[str, np.ndarray], key: str, chosen: Callable[[np.ndarray], None], height: int
) -> None:
    """A table of samples; those whose rows are ticked go to `chosen`.

    Parameters
    ----------
    run, ids
        Which samples of which run, in their order.
    known
        Further columns, a value a sample.
    key
        Of the table; its rows are ticked off when it changes.
    chosen
        Takes int32 ids.
    height
        CSS pixels.
    """
    table: dict[str, Any] = {}
    columns: dict[str, Any] = {}
    for name, field in run.dataset.fields.items():
        samples = np.asarray(field.array[ids])
        if is_pictured(field):
            table[name] = [
                _url(png_bytes(tile(picture[None], 1))) for picture in resize_pictures(field_pictures(field, samples, ids), SIDE)
            ]
            columns[name] = st.column_config.ImageColumn(width=70)
        else:
            table[name] = [_line(row) for row in text_rows(run, name, {name: samples})]
            columns[name] = st.column_config.TextColumn(width=WORDS)
    table["sample"] = ids
    if (labels := label_texts(run, ids)) is not None:
        table["label"] = labels
    table |= known
    columns |= {name: st.column_config.NumberColumn(width=NARROW) for name in known} | {
        "distance": st.column_config.NumberColumn(format="%.3f", width=NARROW),
        "sample": st.column_config.NumberColumn(width=NARROW),
    }
    st.dataframe(
        pd.DataFrame(table),
        hide_index=True,
        key=key,
        height=height,
        row_height=ROW,
        column_config=columns,
        on_select=lambda: chosen(ids[state.get(key, None)["selection"]["rows"]].astype(np.int32)),
        selection_mode="multi-row",
    )


def _line(row: list[tuple[str, str]]) -> str:
    words = row[0][1] if len(row) == 1 else ", ".join(f"{name} {text}" for name, text in row if text)
    return words if len(words) <= _TEXT else f"{words[:_TEXT]}…"


def _url(picture: bytes) -> str:
    return f"data:image/png;base64,{b64encode(picture).decode()}"
