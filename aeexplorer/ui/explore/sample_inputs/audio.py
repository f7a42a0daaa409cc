"""Input for sounds: record or upload."""

import streamlit as st

from aeexplorer.data.dataset import Field
from aeexplorer.ui.explore.sample_inputs._files import draw_upload, read_files
from aeexplorer.ui.explore.sample_inputs.base import SampleInput
from aeexplorer.ui.session.user_samples import UserSamples


def _draw(user_samples: UserSamples, field: Field) -> None:
    key = user_samples.key("recording", field.name)
    st.audio_input("Record", key=key, on_change=read_files, args=(user_samples, field, key), kwargs={"title": "recording"})
    draw_upload(user_samples, field)


INPUT = SampleInput("audio", _draw)
