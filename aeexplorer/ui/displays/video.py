"""Players of the first videos: input and reconstruction side by side, in step."""

import hashlib
from collections.abc import Mapping

import numpy as np
import streamlit as st

from aeexplorer.data.dataset import Field
from aeexplorer.ui.displays.base import Display
from aeexplorer.ui.parts.images import show_image
from aeexplorer.views.pictures.video_film import film

MOST, SIDE = 3, 128


def _draw(field: Field, ids: np.ndarray, samples: Mapping[str, np.ndarray]) -> None:
    """The first three samples."""
    count = min(MOST, *(len(drawn) for drawn in samples.values()))
    for place, column in enumerate(st.columns(MOST)[:count]):
        shown = [drawn[place] for drawn in samples.values()]
        mark = hashlib.sha256(b"".join(sample.tobytes() for sample in shown)).hexdigest()
        of_one = " of sample" if len(samples) > 1 else ""
        title = ", ".join(samples).capitalize() + (f"{of_one} {ids[place]}" if len(ids) else "")
        with column:
            show_image(_film(mark, field.shape, field, shown), alt=f"{title}, playing")
            st.caption(title)


@st.cache_data(max_entries=64, show_spinner=False)
def _film(mark: str, shape: tuple[int, ...], _field: Field, _samples: list[np.ndarray]) -> bytes:
    return film(_field, _samples, SIDE)


DISPLAY = Display("video", _draw)
