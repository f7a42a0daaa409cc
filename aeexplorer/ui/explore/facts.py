"""What is known of samples besides their content."""

import numpy as np
import pyarrow as pa
import streamlit as st

from aeexplorer.data.split import SPLITS
from aeexplorer.training.run import Run

ROW = 35


def facts(run: Run, ids: np.ndarray, rows: int = 5) -> None:
    """A table of samples: id, label, error, split, and the dataset's other columns."""
    taken = run.dataset.table.take(ids)
    split = pa.array(np.array(SPLITS)[run.dataset.split[ids]])
    first = {"id": pa.array(ids)} | ({"label": taken["label"]} if "label" in taken.column_names else {})
    known = first | {"error": pa.array(run.errors[ids]), "split": split}
    others = {name: taken[name] for name in taken.column_names if name not in known}
    table = pa.table(known | others)
    st.dataframe(
        table,
        hide_index=True,
        height=ROW * min(table.num_rows + 1, rows + 1) + 3,
        column_config={"error": st.column_config.NumberColumn(format="%.5f")},
    )
