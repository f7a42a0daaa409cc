from streamlit.testing.v1 import AppTest

SCRIPT = """
import streamlit as st
from aeexplorer.ui.session.navigation import pages
st.session_state["pages"] = [(page.url_path or "explore", page.title, page._default) for page in pages()]
"""


def test_pages_are_found_in_their_order_and_explore_comes_first() -> None:
    at = AppTest.from_string(SCRIPT, default_timeout=20).run()
    found = at.session_state["pages"]
    assert [name for name, _, _ in found][:4] == ["explore", "data", "train", "runs"]
    assert [default for _, _, default in found] == [True] + [False] * (len(found) - 1)
    assert all(title[0].isupper() for _, title, _ in found)
