"""A box to write in."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from aeexplorer.data.dataset import Field
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.user_samples import UserSamples

MOST_CHARACTERS = 2000

Cut = Callable[[Field, str], tuple[np.ndarray, str]]
"""A text → a stored sample, and what to know of it; raises `UserError`."""


def write(user_samples: UserSamples, field: Field, cut: Cut) -> None:
    """The box, and below it what to know of what was written."""
    key = user_samples.key("text", field.name)
    st.text_area(
        "Text",
        key=key,
        height=90,
        max_chars=MOST_CHARACTERS,
        placeholder="Write something like the dataset's texts, then press Ctrl+Enter",
        on_change=_written,
        args=(user_samples, field, key, cut),
        persist_state="session",
    )
    if said := state.get(f"{key}.said", ""):
        st.caption(escape(said[:1].upper() + said[1:]))


def _written(user_samples: UserSamples, field: Field, key: str, cut: Cut) -> None:
    text = str(state.get(key, ""))
    state.drop(f"{key}.said")

    def bring() -> None:
        if not text.strip():
            user_samples.add(field.name, None, "text", "text")
            return
        sample, said = cut(field, text)
        state.put({f"{key}.said": said})
        user_samples.add(field.name, sample, "text", "text")

    user_samples.catch_refusal(bring)
