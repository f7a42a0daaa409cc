"""Curves of the first series: input and reconstruction overlaid, what is left over below."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from aeexplorer.data.dataset import Field
from aeexplorer.ui.displays.base import Display
from aeexplorer.views.charts.series_curves import CHANNELS, MOST, series_curves


def _draw(field: Field, ids: np.ndarray, samples: Mapping[str, np.ndarray]) -> None:
    """The first two or three samples."""
    count = min(MOST, *(len(drawn) for drawn in samples.values()))
    if not count:
        return
    titles = [f"sample {i}" for i in ids[:count].tolist()] or [""] * count
    figure = series_curves(field, {what: drawn[:count] for what, drawn in samples.items()}, titles)
    st.plotly_chart(figure, key=f"curves.{field.name}.{'.'.join(samples)}", config={"displayModeBar": False})
    hidden = field.shape[1] - CHANNELS
    if hidden > 0:
        st.caption(f"The first {CHANNELS} of {field.shape[1]:,} channels are drawn.")


DISPLAY = Display("series", _draw)
