"""Series: uploaded."""

import streamlit as st

from aeexplorer.data.dataset import Field
from aeexplorer.ui.explore.sample_inputs._files import upload
from aeexplorer.ui.explore.sample_inputs.base import SampleInput
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session.user_samples import UserSamples

_NAMED = 8


def _draw(user_samples: UserSamples, field: Field) -> None:
    upload(user_samples, field)
    channels = [str(about["name"]) for about in field.meta["columns"]]
    named = ", ".join(map(escape, channels[:_NAMED])) + (", …" if len(channels) > _NAMED else "")
    rows = "" if len(channels) > 1 else "; without one of that name each row is a series"
    st.caption(f"A row a step, with the column{'s' * (len(channels) > 1)} {named}{rows}. {field.shape[0]:,} steps are taken.")


INPUT = SampleInput("series", _draw)
