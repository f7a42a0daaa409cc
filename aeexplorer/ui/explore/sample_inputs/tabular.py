"""Rows of a table: a small form with its columns."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from aeexplorer.analysis.samples.written_sample import row_sample, row_values, usual_row
from aeexplorer.data.dataset import Dataset, Field
from aeexplorer.ui.explore.sample_inputs.base import Entry
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.user_samples import Desk

ACROSS, MOST = 3, 36
"""Columns of the form, and columns of the table that are in it unless others are chosen."""
HEIGHT = 240
"""Of a form that scrolls, in CSS pixels."""


def _draw(desk: Desk, field: Field) -> None:
    columns = field.meta["columns"]
    if not state.kept(_key(desk, field, 0), False):
        _fill(desk, field, _usual(desk.dataset.id, field.name, desk.dataset, field))
    shown = list(range(len(columns)))
    if len(columns) > MOST:
        shown = st.multiselect(
            "Columns",
            shown,
            default=shown[:MOST],
            format_func=lambda i: str(columns[i]["name"]),
            key=desk.key("columns", field.name),
            persist_state="session",
            help="Those not in the form keep their value.",
        )
    with st.container(height=HEIGHT if len(shown) > 2 * ACROSS else "content", border=False):
        across = st.columns(ACROSS, gap="small")
        for place, i in enumerate(shown):
            with across[place % ACROSS]:
                _cell(desk, field, i, columns[i])
    st.caption("At first each column's median or most frequent value; a click on the map takes that sample's.")


def _cell(desk: Desk, field: Field, place: int, column: Mapping[str, Any]) -> None:
    """The widget of one column; what is left empty is missing."""
    tied = {"key": _key(desk, field, place + 1), "on_change": _changed, "args": (desk, field), "persist_state": "session"}
    title = escape(str(column["name"]))
    if column["kind"] == "categorical":
        st.selectbox(title, column["categories"], index=None, placeholder="missing", **tied)
    elif not column.get("start"):
        st.number_input(title, value=None, placeholder="missing", format="%g", **tied)
    elif "T" in column["start"]:
        st.datetime_input(title, value=None, **tied)
    else:
        st.date_input(title, value=None, **tied)


def _key(desk: Desk, field: Field, place: int) -> str:
    return desk.key("row", field.name, place)


@st.cache_data(max_entries=64, show_spinner=False)
def _usual(dataset_id: str, name: str, _dataset: Dataset, _field: Field) -> np.ndarray:
    return usual_row(_dataset, _field)


def _fill(desk: Desk, field: Field, row: np.ndarray) -> None:
    values = row_values(field, row).values()
    state.put({_key(desk, field, 0): True} | {_key(desk, field, i): value for i, value in enumerate(values, 1)})


def _changed(desk: Desk, field: Field) -> None:
    names = [column["name"] for column in field.meta["columns"]]
    values = {name: state.kept(_key(desk, field, i), None) for i, name in enumerate(names, 1)}
    desk.refusing(lambda: desk.bring(field.name, row_sample(field, values), "row", "row"))


ENTRY = Entry("tabular", _draw, start=_fill)
