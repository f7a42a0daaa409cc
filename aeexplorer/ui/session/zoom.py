"""The zoom of the map, which the browser alone keeps in the address (`components/linked/static/zoom.js`)."""

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
    """Return the parameter ``zoom`` of the address; empty where there is none. The script runs again when it changed.

    Parameters
    ----------
    key
        Key of a component that shows nothing.
    """
    known = str(state.get(key, {}).get("zoom", ""))
    _component()(key=key, data=known)
    return known


@cache
def _component() -> Any:
    return st.components.v2.component("aeexplorer.zoomed", js=_JS)
