"""Images that are sent as part of the page itself.

Streamlit serves the bytes that `st.image` is given from memory, and drops them while the script of any session is interrupted
or ends: a browser that requests them a moment later gets a broken image. An image inside the message cannot get lost, and a
message that the browser has already is not sent again.
"""

import base64
from typing import Literal

import streamlit as st

_TYPES = {b"\x89PNG": "image/png", b"GIF8": "image/gif"}


def show_image(
    content: bytes, alt: str, *, caption: str | None = None, width: int | Literal["stretch", "content"] = "content"
) -> None:
    """Show a PNG or GIF file. The arguments are those of `st.image`."""
    url = f"data:{_TYPES[content[:4]]};base64,{base64.b64encode(content).decode()}"
    st.image(url, alt=alt, caption=caption, width=width)
