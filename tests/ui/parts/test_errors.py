from streamlit.testing.v1 import AppTest

SCRIPT = """
import streamlit as st
from aeexplorer.core.errors import UserError
from aeexplorer.ui.parts.errors import show_errors

with show_errors():
    raise UserError("the file <b>x</b> is *odd*", "Choose another")
st.text("the page goes on")
"""


def test_a_user_error_is_one_message_and_the_page_continues() -> None:
    at = AppTest.from_string(SCRIPT, default_timeout=20).run()
    assert not at.exception
    assert at.error[0].value.replace("\\", "") == "the file <b>x</b> is *odd*. Choose another."
    assert "\\<b\\>" in at.error[0].value
    assert at.text[0].value == "the page goes on"
