"""A table of samples without their content: ids, labels, errors, splits and columns."""

import numpy as np
import pyarrow as pa
import streamlit as st

from aeexplorer.data.split import SPLITS
from aeexplorer.training.run import Run

ROW_HEIGHT = 35
"""Height of a row in CSS pixels."""


def show_sample_table(run: Run, ids: np.ndarray, rows: int = 5) -> None:
    """Draw a table of samples with their ids, labels, errors, splits and the other columns of the dataset.

    Parameters
    ----------
    run
        Run of the samples.
    ids
        Ids of the samples, integers ``(n,)``.
    rows
        Number of visible rows; the table scrolls if it has more.
    """
    source = run.dataset.table.take(ids)
    split = pa.array(np.array(SPLITS)[run.dataset.split[ids]])
    columns = {"id": pa.array(ids)} | ({"label": source["label"]} if "label" in source.column_names else {})
    columns |= {"error": pa.array(run.errors[ids]), "split": split}
    columns |= {name: source[name] for name in source.column_names if name not in columns}
    table = pa.table(columns)
    st.dataframe(
        table,
        hide_index=True,
        height=ROW_HEIGHT * min(table.num_rows + 1, rows + 1) + 3,
        column_config={"error": st.column_config.NumberColumn(format="%.5f")},
    )
