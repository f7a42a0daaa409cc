"""Errors that users can fix, shown as one clear message instead of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from aeexplorer.core.errors import UserError
from aeexplorer.ui.parts.widgets import escape


@contextmanager
def show_errors() -> Iterator[None]:
    """Show a `UserError` raised inside the block as a message, and continue after the block."""
    try:
        yield
    except UserError as error:
        st.error(escape(str(error)), icon=":material/error:")
