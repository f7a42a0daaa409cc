"""Display of videos: input and reconstruction side by side and in step."""

import hashlib
from collections.abc import Mapping

import numpy as np
import streamlit as st

from aeexplorer.data.dataset import Field
from aeexplorer.ui.displays.base import Display
from aeexplorer.ui.parts.images import show_image
from aeexplorer.views.pictures.video_film import video_gif

MAX_VIDEOS, SIDE = 3, 128
"""Number of samples, and the longer side of a video in pixels."""


def _draw(field: Field, ids: np.ndarray, samples: Mapping[str, np.ndarray]) -> None:
    """Draw the first few samples."""
    count = min(MAX_VIDEOS, *(len(videos) for videos in samples.values()))
    for i, column in enumerate(st.columns(MAX_VIDEOS)[:count]):
        videos = [stored[i] for stored in samples.values()]
        digest = hashlib.sha256(b"".join(video.tobytes() for video in videos)).hexdigest()
        separator = " of sample" if len(samples) > 1 else ""
        title = ", ".join(samples).capitalize() + (f"{separator} {ids[i]}" if len(ids) else "")
        with column:
            show_image(_gif(digest, field.shape, field, videos), alt=f"{title}, playing")
            st.caption(title)


@st.cache_data(max_entries=64, show_spinner=False)
def _gif(digest: str, shape: tuple[int, ...], _field: Field, _samples: list[np.ndarray]) -> bytes:
    return video_gif(_field, _samples, SIDE)


DISPLAY = Display("video", _draw)
