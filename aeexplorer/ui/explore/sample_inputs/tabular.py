"""Rows of a table: a small form with its columns."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from aeexplorer.analysis.samples.written_sample import row_sample, row_values, typical_row
from aeexplorer.data.dataset import Dataset, Field
from aeexplorer.ui.explore.sample_inputs.base import SampleInput
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.user_samples import UserSamples

ACROSS, MOST = 3, 36
"""Columns of the form, and columns of the table that are in it unless others are chosen."""
HEIGHT = 240
"""Of a form that scrolls, in CSS pixels."""


def _draw(user_samples: UserSamples, field: Field) -> None:
    columns = field.meta["columns"]
    if not state.get(_key(user_samples, field, 0), False):
        _fill(user_samples, field, _usual(user_samples.dataset.id, field.name, user_samples.dataset, field))
    shown = list(range(len(columns)))
    if len(columns) > MOST:
        shown = st.multiselect(
            "Columns",
            shown,
            default=shown[:MOST],
            format_func=lambda i: str(columns[i]["name"]),
            key=user_samples.key("columns", field.name),
            persist_state="session",
            help="Those not in the form keep their value.",
        )
    with st.container(height=HEIGHT if len(shown) > 2 * ACROSS else "content", border=False):
        across = st.columns(ACROSS, gap="small")
        for place, i in enumerate(shown):
            with across[place % ACROSS]:
                _cell(user_samples, field, i, columns[i])
    st.caption("At first each column's median or most frequent value; a click on the map takes that sample's.")


def _cell(user_samples: UserSamples, field: Field, place: int, column: Mapping[str, Any]) -> None:
    """The widget of one column; what is left empty is missing."""
    tied = {
        "key": _key(user_samples, field, place + 1),
        "on_change": _changed,
        "args": (user_samples, field),
        "persist_state": "session",
    }
    title = escape(str(column["name"]))
    if column["kind"] == "categorical":
        st.selectbox(title, column["categories"], index=None, placeholder="missing", **tied)
    elif not column.get("start"):
        st.number_input(title, value=None, placeholder="missing", format="%g", **tied)
    elif "T" in column["start"]:
        st.datetime_input(title, value=None, **tied)
    else:
        st.date_input(title, value=None, **tied)


def _key(user_samples: UserSamples, field: Field, place: int) -> str:
    return user_samples.key("row", field.name, place)


@st.cache_data(max_entries=64, show_spinner=False)
def _usual(dataset_id: str, name: str, _dataset: Dataset, _field: Field) -> np.ndarray:
    return typical_row(_dataset, _field)


def _fill(user_samples: UserSamples, field: Field, row: np.ndarray) -> None:
    values = row_values(field, row).values()
    state.put({_key(user_samples, field, 0): True} | {_key(user_samples, field, i): value for i, value in enumerate(values, 1)})


def _changed(user_samples: UserSamples, field: Field) -> None:
    names = [column["name"] for column in field.meta["columns"]]
    values = {name: state.get(_key(user_samples, field, i), None) for i, name in enumerate(names, 1)}
    user_samples.catch_refusal(lambda: user_samples.add(field.name, row_sample(field, values), "row", "row"))


INPUT = SampleInput("tabular", _draw, start=_fill)
