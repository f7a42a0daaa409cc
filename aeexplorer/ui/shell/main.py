"""The frame around every page: title, logo, navigation."""

import streamlit as st

from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.session.navigation import SITE, pages
from aeexplorer.ui.session.presentation import present, presenting
from aeexplorer.ui.shell.server import freeze_after_first_run

st.set_page_config(
    page_title="aeexplorer",
    page_icon=str(SITE / "assets" / "icon.svg"),
    layout="wide",
    initial_sidebar_state="collapsed",
    menu_items={"About": "Train an autoencoder on your own data, and walk around inside what it learned."},
)
st.html(SITE / "assets" / "app.css")
st.logo(str(SITE / "assets" / "logo.svg"), size="medium")
page = st.navigation(pages(), position="top")
is_presenting = presenting()
if is_presenting:
    st.html(SITE / "assets" / "presentation.css")
with st.container(key="presentation"):
    st.button(
        "Leave presentation mode" if is_presenting else "Presentation mode",
        key="presentation.switch",
        icon=":material/fullscreen_exit:" if is_presenting else ":material/fullscreen:",
        help="Large type and points, and only the page: for a projector or a distant screen",
        type="tertiary",
        on_click=present,
        args=(not is_presenting,),
    )
with show_errors():
    page.run()
freeze_after_first_run(page.url_path)
