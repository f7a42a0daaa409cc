"""What is used of Streamlit besides its public functions is still there."""

from dataclasses import fields

from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.testing.v1 import AppTest

from aeexplorer.ui.session.streamlit_internals import is_history_navigation


def script() -> None:
    import streamlit as st

    from aeexplorer.ui.session.streamlit_internals import is_history_navigation

    st.text(f"{is_history_navigation()}")


def test_a_run_of_a_script_says_whether_a_person_went_back() -> None:
    assert "is_history_navigation" in {field.name for field in fields(ScriptRunContext)}
    assert AppTest.from_function(script).run().text[0].value == "False"
    assert is_history_navigation() is False  # outside of any page
