"""The private parts of Streamlit that the app uses still exist."""

import inspect
from dataclasses import fields

from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette.starlette_websocket import StarletteSessionClient

from aeexplorer.ui.session.streamlit_internals import (
    close_session,
    disconnected_sessions,
    is_anyone_connected,
    is_history_navigation,
    session_of_header,
)


def script() -> None:
    import streamlit as st

    from aeexplorer.ui.session.streamlit_internals import is_history_navigation

    st.text(f"{is_history_navigation()}")


def test_the_parts_that_end_sessions_exist() -> None:
    assert "self._session_mgr =" in inspect.getsource(Runtime.__init__)
    for name in ("list_sessions", "list_active_sessions", "is_active_session"):
        assert callable(getattr(WebsocketSessionManager, name))
    assert isinstance(StarletteSessionClient.client_context, property)
    assert callable(Runtime.close_session)
    # without a server there is nothing to end
    assert (disconnected_sessions(), session_of_header("a", "b"), is_anyone_connected()) == ([], None, False)
    close_session("s")


def test_history_navigation_is_detected() -> None:
    assert "is_history_navigation" in {field.name for field in fields(ScriptRunContext)}
    assert AppTest.from_function(script).run().text[0].value == "False"
    assert is_history_navigation() is False  # outside of any page
