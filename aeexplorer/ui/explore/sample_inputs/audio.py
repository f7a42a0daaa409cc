"""Sounds: recorded or uploaded."""

import streamlit as st

from aeexplorer.data.dataset import Field
from aeexplorer.ui.explore.sample_inputs._files import taken, upload
from aeexplorer.ui.explore.sample_inputs.base import Entry
from aeexplorer.ui.session.user_samples import Desk


def _draw(desk: Desk, field: Field) -> None:
    key = desk.key("recording", field.name)
    st.audio_input("Record", key=key, on_change=taken, args=(desk, field, key), kwargs={"title": "recording"})
    upload(desk, field)


ENTRY = Entry("audio", _draw)
