"""The parts of Streamlit that are not public: all of them are used here, and a test fails when one of them changes."""

from streamlit.runtime.scriptrunner import get_script_run_ctx


def is_history_navigation() -> bool:
    """Return whether the script runs because a person went back or forward in the browser's history."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation
