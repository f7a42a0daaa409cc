"""Input for series: upload."""

import streamlit as st

from aeexplorer.data.dataset import Field
from aeexplorer.ui.explore.sample_inputs._files import draw_upload
from aeexplorer.ui.explore.sample_inputs.base import SampleInput
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session.user_samples import UserSamples

_MAX_NAMES = 8
"""Number of channel names in the caption."""


def _draw(user_samples: UserSamples, field: Field) -> None:
    draw_upload(user_samples, field)
    channels = [str(column["name"]) for column in field.meta["columns"]]
    names = ", ".join(map(escape, channels[:_MAX_NAMES])) + (", …" if len(channels) > _MAX_NAMES else "")
    is_multivariate = len(channels) > 1
    rows = "" if is_multivariate else ". Without a column of this name, each row is a series"
    st.caption(f"Each row is a step, with the column{'s' * is_multivariate} {names}{rows}. {field.shape[0]:,} steps are used.")


INPUT = SampleInput("series", _draw)
