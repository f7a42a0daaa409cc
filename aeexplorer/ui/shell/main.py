"""The frame around every page: title, logo, navigation."""

import streamlit as st

from aeexplorer.ui.parts.errors import told
from aeexplorer.ui.session import state
from aeexplorer.ui.session.navigation import SITE, pages
from aeexplorer.ui.shell.server import settle

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
projecting = state.projecting()
if projecting:
    st.html(SITE / "assets" / "projector.css")
with st.container(key="projector"):
    st.button(
        "Leave projector mode" if projecting else "Projector mode",
        key="projector.switch",
        icon=":material/fullscreen_exit:" if projecting else ":material/fullscreen:",
        help="Large type and points, and nothing but the page: for a projector or a screen far away",
        type="tertiary",
        on_click=state.project,
        args=(not projecting,),
    )
with told():
    page.run()
settle(page.url_path)
