"""A box to write in."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from aeexplorer.data.dataset import Field
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.user_samples import Desk

MOST_CHARACTERS = 2000

Cut = Callable[[Field, str], tuple[np.ndarray, str]]
"""A text → a stored sample, and what to know of it; raises `UserError`."""


def write(desk: Desk, field: Field, cut: Cut) -> None:
    """The box, and below it what to know of what was written."""
    key = desk.key("text", field.name)
    st.text_area(
        "Text",
        key=key,
        height=90,
        max_chars=MOST_CHARACTERS,
        placeholder="Write something like the dataset's texts, then press Ctrl+Enter",
        on_change=_written,
        args=(desk, field, key, cut),
        persist_state="session",
    )
    if said := state.kept(f"{key}.said", ""):
        st.caption(escape(said[:1].upper() + said[1:]))


def _written(desk: Desk, field: Field, key: str, cut: Cut) -> None:
    text = str(state.kept(key, ""))
    state.forget(f"{key}.said")

    def bring() -> None:
        if not text.strip():
            desk.bring(field.name, None, "text", "text")
            return
        sample, said = cut(field, text)
        state.put({f"{key}.said": said})
        desk.bring(field.name, sample, "text", "text")

    desk.refusing(bring)
