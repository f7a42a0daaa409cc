"""Pictures that are part of the page itself.

What `st.image` is given as bytes Streamlit serves from memory, and forgets while any session's script is being interrupted
or another's ends: a browser that asks a moment too late is left with a broken picture. As part of the message none is
lost; a message that the browser has already is not sent again.
"""

import base64
from typing import Literal

import streamlit as st

_TYPES = {b"\x89PNG": "image/png", b"GIF8": "image/gif"}


def show_image(
    content: bytes, alt: str, *, caption: str | None = None, width: int | Literal["stretch", "content"] = "content"
) -> None:
    """Show a PNG or GIF file; arguments as of `st.image`."""
    address = f"data:{_TYPES[content[:4]]};base64,{base64.b64encode(content).decode()}"
    st.image(address, alt=alt, caption=caption, width=width)
