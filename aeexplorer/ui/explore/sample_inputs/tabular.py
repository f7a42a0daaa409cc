"""Input for rows of a table: a form with a widget for each column."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from aeexplorer.analysis.samples.written_sample import row_sample, row_values, typical_row
from aeexplorer.data.dataset import Dataset, Field
from aeexplorer.data.units import number_format
from aeexplorer.ui.explore.sample_inputs.base import SampleInput
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.user_samples import UserSamples

FORM_COLUMNS, MAX_FIELDS = 3, 36
"""Number of columns of the form, and of columns of the table that are in the form at first."""
HEIGHT = 240
"""Height of a form that scrolls, in CSS pixels."""


def _draw(user_samples: UserSamples, field: Field) -> None:
    columns = field.meta["columns"]
    if not state.get(_key(user_samples, field, 0), False):
        _fill(user_samples, field, _typical_row(user_samples.dataset.id, field.name, user_samples.dataset, field))
    chosen = list(range(len(columns)))
    if len(columns) > MAX_FIELDS:
        chosen = st.multiselect(
            "Columns",
            chosen,
            default=chosen[:MAX_FIELDS],
            format_func=lambda i: str(columns[i]["name"]),
            key=user_samples.key("columns", field.name),
            persist_state="session",
            help="Columns that are not in the form keep their values.",
        )
    with st.container(height=HEIGHT if len(chosen) > 2 * FORM_COLUMNS else "content", border=False):
        form_columns = st.columns(FORM_COLUMNS, gap="small")
        for place, i in enumerate(chosen):
            with form_columns[place % FORM_COLUMNS]:
                _draw_widget(user_samples, field, i, columns[i])
    st.caption("The form starts with each column's median or most frequent value. Click a sample on the map to use its values.")


def _draw_widget(user_samples: UserSamples, field: Field, place: int, column: Mapping[str, Any]) -> None:
    """Draw the widget of one column. An empty widget is a missing value."""
    options = {
        "key": _key(user_samples, field, place + 1),
        "on_change": _add_row,
        "args": (user_samples, field),
        "persist_state": "session",
    }
    title = escape(str(column["name"]))
    if column["kind"] == "categorical":
        st.selectbox(title, column["categories"], index=None, placeholder="missing", **options)
    elif not column.get("start"):
        st.number_input(title, value=None, placeholder="missing", format=number_format(column), **options)
    elif "T" in column["start"]:
        st.datetime_input(title, value=None, **options)
    else:
        st.date_input(title, value=None, **options)


def _key(user_samples: UserSamples, field: Field, place: int) -> str:
    """Return the session key of a column's widget, counted from 1; key 0 tells whether the form is filled."""
    return user_samples.key("row", field.name, place)


@st.cache_data(max_entries=64, show_spinner=False)
def _typical_row(dataset_id: str, name: str, _dataset: Dataset, _field: Field) -> np.ndarray:
    return typical_row(_dataset, _field)


def _fill(user_samples: UserSamples, field: Field, row: np.ndarray) -> None:
    """Fill the form with a stored row, float32 ``(columns,)``."""
    values = row_values(field, row).values()
    state.put({_key(user_samples, field, 0): True} | {_key(user_samples, field, i): value for i, value in enumerate(values, 1)})


def _add_row(user_samples: UserSamples, field: Field) -> None:
    """Add the row in the form as a user sample."""
    names = [column["name"] for column in field.meta["columns"]]
    values = {name: state.get(_key(user_samples, field, i), None) for i, name in enumerate(names, 1)}
    user_samples.catch_refusal(lambda: user_samples.add(field.name, row_sample(field, values), "row", "row"))


INPUT = SampleInput("tabular", _draw, start=_fill)
