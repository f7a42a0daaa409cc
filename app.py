"""The ASGI entry. `aeexplorer` serves it; so does `streamlit run app.py`."""

import streamlit as st

from aeexplorer.ui.shell import errors, server

app = st.App(
    server.SCRIPT,
    lifespan=server.lifespan,
    routes=server.routes(),
    middleware=server.MIDDLEWARE,
    on_script_error=errors.show_error,
)
