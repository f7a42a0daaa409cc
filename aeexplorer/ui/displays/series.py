"""Display of series: curves of input and reconstruction in one plot, and the residual below."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from aeexplorer.data.dataset import Field
from aeexplorer.ui.displays.base import Display
from aeexplorer.views.charts.series_curves import MAX_CHANNELS, MAX_SAMPLES, series_curves


def _draw(field: Field, ids: np.ndarray, samples: Mapping[str, np.ndarray]) -> None:
    """Draw the first few samples."""
    count = min(MAX_SAMPLES, *(len(series) for series in samples.values()))
    if not count:
        return
    titles = [f"sample {i}" for i in ids[:count].tolist()] or [""] * count
    figure = series_curves(field, {role: series[:count] for role, series in samples.items()}, titles)
    st.plotly_chart(figure, key=f"curves.{field.name}.{'.'.join(samples)}", config={"displayModeBar": False})
    n_hidden = field.shape[1] - MAX_CHANNELS
    if n_hidden > 0:
        st.caption(f"Showing the first {MAX_CHANNELS} of {field.shape[1]:,} channels.")


DISPLAY = Display("series", _draw)
