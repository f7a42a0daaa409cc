"""Use of private parts of Streamlit. All of it is in this module, and a test fails when one of the parts changes."""

from streamlit.runtime.scriptrunner import get_script_run_ctx


def is_history_navigation() -> bool:
    """Return whether the script runs because the person went back or forward in the browser history."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation
