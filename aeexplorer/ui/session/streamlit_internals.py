"""Use of private parts of Streamlit. All of it is in this module, and a test fails when one of the parts changes."""

from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx


def is_history_navigation() -> bool:
    """Return whether the script runs because the person went back or forward in the browser history."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def session_of_header(name: str, value: str) -> str | None:
    """Return the id of the connected session whose WebSocket request had this header, or None."""
    for info in get_instance()._session_mgr.list_active_sessions() if exists() else ():
        context = info.client.client_context
        if context is not None and (name, value) in list(context.headers):
            return str(info.session.id)
    return None


def is_anyone_connected() -> bool:
    """Return whether a browser is connected."""
    return exists() and bool(get_instance()._session_mgr.list_active_sessions())


def disconnected_sessions() -> list[str]:
    """Return the ids of sessions that wait for their browser to come back, from the oldest to the newest."""
    if not exists():
        return []
    manager = get_instance()._session_mgr
    return [info.session.id for info in manager.list_sessions() if not manager.is_active_session(info.session.id)]


def close_session(session_id: str) -> None:
    """End a session and give back what it holds: uploads, state, file descriptors. Call it on the event loop's thread."""
    if exists():
        get_instance().close_session(session_id)
