"""Errors that a person can mend are told as one clear message, not as a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from aeexplorer.core.errors import UserError
from aeexplorer.ui.parts.widgets import escape


@contextmanager
def show_errors() -> Iterator[None]:
    """Show a `UserError` raised inside as a message and go on after the block."""
    try:
        yield
    except UserError as error:
        st.error(escape(str(error)), icon=":material/error:")
