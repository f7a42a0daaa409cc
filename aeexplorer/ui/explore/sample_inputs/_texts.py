"""A text area for user samples."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from aeexplorer.data.dataset import Field
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.user_samples import UserSamples

MAX_CHARACTERS = 2000

ParseText = Callable[[Field, str], tuple[np.ndarray, str]]
"""Converts a text of the user to a stored sample, and a note about the sample; raises `UserError`."""


def draw_text_area(user_samples: UserSamples, field: Field, parse: ParseText) -> None:
    """Draw the text area, and below it the note about the last text."""
    key = user_samples.key("text", field.name)
    st.text_area(
        "Text",
        key=key,
        height=90,
        max_chars=MAX_CHARACTERS,
        placeholder="Write something like the dataset's texts, then press Ctrl+Enter",
        on_change=_read_text,
        args=(user_samples, field, key, parse),
        persist_state="session",
    )
    if note := state.get(f"{key}.note", ""):
        st.caption(escape(note[:1].upper() + note[1:]))


def _read_text(user_samples: UserSamples, field: Field, key: str, parse: ParseText) -> None:
    """Add the text as a user sample; an empty text removes it."""
    text = str(state.get(key, ""))
    state.drop(f"{key}.note")

    def add() -> None:
        if not text.strip():
            user_samples.add(field.name, None, "text", "text")
            return
        sample, note = parse(field, text)
        state.put({f"{key}.note": note})
        user_samples.add(field.name, sample, "text", "text")

    user_samples.catch_refusal(add)
