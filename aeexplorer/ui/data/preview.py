"""What a dataset's samples look like."""

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.data.dataset import Dataset
from aeexplorer.modalities.base import Pictured, Written, modality_of
from aeexplorer.ui.displays import show_besides
from aeexplorer.ui.parts.images import show_image
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.views.pictures.pictures import png, sized, tile

PICTURES, COLUMNS, SIDE, GUTTER = 84, 14, 48, 4
ROWS = 200


def preview(dataset: Dataset) -> None:
    """Pictures as a grid, tables as rows; as many of each label as its share."""
    for name, field in dataset.fields.items():
        modality = modality_of(field)
        there = dataset.ids() if field.present is None else np.flatnonzero(field.present).astype(np.int32)
        ids = sample_ids(dataset, PICTURES if isinstance(modality, Pictured) else ROWS, there)
        if dataset.labels is not None and isinstance(modality, Pictured):
            ids = ids[dataset.labels[ids].argsort(kind="stable")]
        raw = field.array[ids]
        if isinstance(modality, Pictured):
            grid = tile(sized(modality.pictures(raw), SIDE), COLUMNS, GUTTER)
            show_image(png(grid), alt=f"{len(ids)} of {dataset.n} samples of {name}")
        elif isinstance(modality, Written):
            st.dataframe(pd.DataFrame([dict(modality.rows(row)) for row in raw], index=ids), height=320)
        show_besides(field, {"Sample": raw}, ids)
        without = f"; {dataset.n - len(there):,} have no {escape(name)}" if len(there) < dataset.n else ""
        st.caption(f"{len(ids):,} of {dataset.n:,} samples, each label by its share{without}")
