"""What is known of samples besides their content."""

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.data.split import SPLITS
from aeexplorer.training.run import Run

ROW = 35


def facts(run: Run, ids: np.ndarray, rows: int = 5) -> None:
    """A table of samples: id, label, error, split, and the dataset's other columns."""
    taken = run.dataset.table.take(ids).to_pandas()
    table = pd.DataFrame({"id": ids})
    if "label" in taken:
        table["label"] = taken["label"]
    table["error"] = np.asarray(run.errors[ids])
    table["split"] = [SPLITS[i] for i in run.dataset.split[ids]]
    others = [name for name in taken.columns if name not in ("id", "label")]
    table[others] = taken[others]
    st.dataframe(
        table,
        hide_index=True,
        height=ROW * min(len(table) + 1, rows + 1) + 3,
        column_config={"error": st.column_config.NumberColumn(format="%.5f")},
    )
