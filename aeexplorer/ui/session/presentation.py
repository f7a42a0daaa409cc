"""Presentation mode: large type and points, and nothing but the page. It is on with ``present=1`` in the address."""

import streamlit as st

_PRESENT = "present"
_BEFORE_0_5 = "projector"
"""What addresses of version 0.4 call it; read, and never written."""


def presenting() -> bool:
    """Return whether presentation mode is on, as the address says; it stays on from page to page."""
    address = st.query_params
    asked = address.get(_PRESENT, address.get(_BEFORE_0_5))
    if asked is not None:
        st.session_state[_PRESENT] = asked == "1"
    on: bool = st.session_state.setdefault(_PRESENT, False)
    if on and _PRESENT not in address:
        address[_PRESENT] = "1"
    address.pop(_BEFORE_0_5, None)
    return on


def present(on: bool) -> None:
    """Switch presentation mode on or off; for callbacks."""
    st.session_state[_PRESENT] = on
    if on:
        st.query_params[_PRESENT] = "1"
    else:
        st.query_params.pop(_PRESENT, None)
