"""Presentation mode: large type and points, and only the page. ``present=1`` in the address switches it on."""

import streamlit as st

_PARAMETER = "present"
_OLD_PARAMETER = "projector"
"""Name of the parameter in addresses of version 0.4. It is read, but never written."""


def presenting() -> bool:
    """Return whether presentation mode is on. The address sets it, and it stays on from page to page."""
    address = st.query_params
    value = address.get(_PARAMETER, address.get(_OLD_PARAMETER))
    if value is not None:
        st.session_state[_PARAMETER] = value == "1"
    on: bool = st.session_state.setdefault(_PARAMETER, False)
    if on and _PARAMETER not in address:
        address[_PARAMETER] = "1"
    address.pop(_OLD_PARAMETER, None)
    return on


def present(on: bool) -> None:
    """Switch presentation mode on or off. Call it from the callback of a widget."""
    st.session_state[_PARAMETER] = on
    if on:
        st.query_params[_PARAMETER] = "1"
    else:
        st.query_params.pop(_PARAMETER, None)
