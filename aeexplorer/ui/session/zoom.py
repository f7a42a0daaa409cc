"""The zoom of the map. Only the browser writes it to the address (`components/linked/static/zoom.js`)."""

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
    """Return the parameter ``zoom`` of the address, or an empty text. The script runs again when it changes.

    Parameters
    ----------
    key
        Key of the invisible component that reads the address.
    """
    zoom = str(state.get(key, {}).get("zoom", ""))
    _component()(key=key, data=zoom)
    return zoom


@cache
def _component() -> Any:
    return st.components.v2.component("aeexplorer.zoomed", js=_JS)
