"""Preview of a dataset's samples."""

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.data.dataset import Dataset
from aeexplorer.modalities.base import Pictured, Written, modality_of
from aeexplorer.ui.displays import show_besides
from aeexplorer.ui.parts.images import show_image
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.views.pictures.pictures import png_bytes, resize_pictures, tile

MAX_PICTURES, COLUMNS, SIDE, GUTTER = 84, 14, 48, 4
"""Number of pictures, columns of the grid, and side of a picture and gap between pictures in pixels."""
MAX_ROWS = 200


def preview(dataset: Dataset) -> None:
    """Draw some samples of each field: pictures as a grid, tables as rows. Each label has its share of the samples."""
    for name, field in dataset.fields.items():
        modality = modality_of(field)
        present = dataset.ids() if field.present is None else np.flatnonzero(field.present).astype(np.int32)
        ids = sample_ids(dataset, MAX_PICTURES if isinstance(modality, Pictured) else MAX_ROWS, present)
        if dataset.labels is not None and isinstance(modality, Pictured):
            ids = ids[dataset.labels[ids].argsort(kind="stable")]
        samples = field.array[ids]
        if isinstance(modality, Pictured):
            grid = tile(resize_pictures(modality.pictures(samples), SIDE), COLUMNS, GUTTER)
            show_image(png_bytes(grid), alt=f"{len(ids)} of {dataset.n} samples of {name}")
        elif isinstance(modality, Written):
            st.dataframe(pd.DataFrame([dict(modality.rows(row)) for row in samples], index=ids), height=320)
        show_besides(field, {"Sample": samples}, ids)
        missing = f"; {dataset.n - len(present):,} samples have no {escape(name)}" if len(present) < dataset.n else ""
        st.caption(f"{len(ids):,} of {dataset.n:,} samples, in proportion to the labels{missing}")
