"""The zoom that the address says in the browser, which writes it there by itself (`linked/static/zoom.js`)."""

from functools import cache
from typing import Any

import streamlit as st

from aeexplorer.ui.session import state

_JS = """
export default ({ data, setStateValue }) => {
  const zoom = new URLSearchParams(location.search).get("zoom") ?? "";
  if (zoom !== data) setStateValue("zoom", zoom);
};
"""


def zoom_in_address(key: str) -> str:
    """The parameter ``zoom`` of the address, empty where there is none; the script runs again where that is news to it.

    Parameters
    ----------
    key
        Of a component that shows nothing.
    """
    known = str(state.get(key, {}).get("zoom", ""))
    _component()(key=key, data=known)
    return known


@cache
def _component() -> Any:
    return st.components.v2.component("aeexplorer.zoomed", js=_JS)
