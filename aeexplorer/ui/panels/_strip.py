"""Decoded samples side by side: one picture of a field that people see, rows of one that they read."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.decoding import text_rows
from aeexplorer.training.run import Run
from aeexplorer.ui.displays import is_pictured, show_besides
from aeexplorer.views.pictures import pictured, png, sized, tile


def show_strip(run: Run, samples: Mapping[str, np.ndarray], titles: Sequence[str], side: int, alt: str, columns: int = 9) -> None:
    """Show samples of every field.

    Parameters
    ----------
    run
        Whose fields these are.
    samples
        ``{field: (m, *shape)}``, in the units the samples are stored in.
    titles
        What each is.
    side
        Of a picture, in pixels.
    alt
        What the pictures show, in words.
    columns
        Pictures in a row.
    """
    for name, field in run.dataset.fields.items():
        if is_pictured(field):
            st.image(png(tile(sized(pictured(field, samples[name]), side), columns)), alt=f"{alt}: {', '.join(titles)}")
        else:
            rows = pd.DataFrame([dict(row) for row in text_rows(run, name, samples)], index=pd.Index(titles))
            beside = rows.T if len(rows.columns) > 1 else rows
            st.dataframe(beside, height=min(260, 36 * (1 + len(beside))))
        ends = {titles[0]: samples[name][:1], titles[-1]: samples[name][-1:]}
        show_besides(field, ends)
