"""An app whose page, callback and fragment fail, behind the middleware and the error handler of the real one."""

import streamlit as st

from aeexplorer.ui.shell import errors, server

app = st.App("failing_page.py", routes=server.routes(), middleware=server.MIDDLEWARE, on_script_error=errors.show_error)
