"""The frame around every page: title, logo, navigation."""

import streamlit as st

from aeexplorer.ui.navigation import SITE, pages
from aeexplorer.ui.server import settle
from aeexplorer.ui.told import told

st.set_page_config(
    page_title="aeexplorer",
    page_icon=str(SITE / "assets" / "icon.svg"),
    layout="wide",
    initial_sidebar_state="collapsed",
    menu_items={"About": "Train an autoencoder on your own data, and walk around inside what it learned."},
)
st.html(SITE / "assets" / "app.css")
st.logo(str(SITE / "assets" / "logo.svg"), size="medium")
page = st.navigation(list(pages().values()), position="top")
with told():
    page.run()
settle(page.url_path)
