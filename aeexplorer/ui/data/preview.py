"""What a dataset's samples look like."""

import pandas as pd
import streamlit as st

from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.data.dataset import Dataset
from aeexplorer.modalities.base import modality_of
from aeexplorer.views.pictures import png, rgb, sized, tile

PICTURES, COLUMNS, SIDE, GUTTER = 84, 14, 48, 4
ROWS = 200


def preview(dataset: Dataset) -> None:
    """Pictures as a grid, tables as rows; as many of each label as its share."""
    for name, field in dataset.fields.items():
        ids = sample_ids(dataset, PICTURES if field.modality == "image" else ROWS)
        raw = field.array[ids]
        if field.modality == "image":
            if dataset.labels is not None:
                raw = raw[dataset.labels[ids].argsort(kind="stable")]
            st.image(png(tile(sized(rgb(raw), SIDE), COLUMNS, GUTTER)), alt=f"{len(ids)} of {dataset.n} samples of {name}")
        else:
            modality = modality_of(field)
            st.dataframe(pd.DataFrame([dict(modality.render(row)) for row in raw], index=ids), height=320)
        st.caption(f"{len(ids):,} of {dataset.n:,} samples, each label by its share")
