from streamlit.testing.v1 import AppTest

SCRIPT = """
import streamlit as st
from aeexplorer.ui.session.navigation import pages
st.session_state["pages"] = [(page.url_path or "explore", page.title, page._default) for page in pages()]
"""


def test_pages_are_in_order_and_explore_is_the_first() -> None:
    at = AppTest.from_string(SCRIPT, default_timeout=20).run()
    site_pages = at.session_state["pages"]
    assert [name for name, _, _ in site_pages][:4] == ["explore", "data", "train", "runs"]
    assert [default for _, _, default in site_pages] == [True] + [False] * (len(site_pages) - 1)
    assert all(title[0].isupper() for _, title, _ in site_pages)
