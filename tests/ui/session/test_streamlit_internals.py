"""The private parts of Streamlit that the app uses still exist."""

from dataclasses import fields

from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.testing.v1 import AppTest

from aeexplorer.ui.session.streamlit_internals import is_history_navigation


def script() -> None:
    import streamlit as st

    from aeexplorer.ui.session.streamlit_internals import is_history_navigation

    st.text(f"{is_history_navigation()}")


def test_history_navigation_is_detected() -> None:
    assert "is_history_navigation" in {field.name for field in fields(ScriptRunContext)}
    assert AppTest.from_function(script).run().text[0].value == "False"
    assert is_history_navigation() is False  # outside of any page
