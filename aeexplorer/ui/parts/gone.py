"""The page of a link to something that is gone. It says so, and shows nothing else that one could take for it."""

from collections.abc import Callable

import streamlit as st


def show_gone(noun: str, action: str, leave: Callable[[], None]) -> None:
    """Say that a run, search or dataset is gone, and offer one way on.

    Parameters
    ----------
    noun
        What is gone, such as ``run``.
    action
        Label of the button.
    leave
        Called when the button is clicked. It changes the state of the page.
    """
    st.warning(f"This {noun} is gone: it was removed, or it is in another workspace.", icon=":material/link_off:")
    st.button(action, key="gone.leave", on_click=leave)
