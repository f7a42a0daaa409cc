"""The one place for errors that nothing else has caught: on a page, in a fragment or a callback, and in an HTTP request.

They are logged with an id. The person sees a sentence with that id, and no traceback.
"""

import errno
import logging

import streamlit as st
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aeexplorer.core.errors import UserError
from aeexplorer.core.logs import log_error, package_logger
from aeexplorer.ui.parts.widgets import escape

_log = package_logger(__name__)
_CAUSES = {
    errno.ENOSPC: "The disk of the server is full.",
    errno.EDQUOT: "The disk quota of the server's user is used up.",
    errno.EMFILE: "The server has too many files open.",
    errno.ENFILE: "The server has too many files open.",
    errno.EACCES: "The server may not read or write one of its files.",
}
"""Number of an `OSError` → a sentence that says what is wrong."""
_RELOAD = '<a class="reload" href="" role="button">Reload</a>'
"""A link to the address of the page: a full reload, which starts a new session. A rerun would keep the state that failed."""


def show_error(error: Exception) -> bool:
    """Show an error that ended a page, a fragment or a callback. Streamlit calls this function, inside the page.

    Returns
    -------
    bool
        True: Streamlit draws no box of its own.
    """
    if isinstance(error, UserError):
        message = str(error)
    else:
        message = explain(error, "on this page", log_error(_log, "a page", error))
    st.error(escape(message), icon=":material/error:")
    st.html(_RELOAD)
    return True


def explain(error: Exception, where: str, error_id: str) -> str:
    """Return the sentences that a person sees instead of a traceback."""
    if isinstance(error, MemoryError):
        cause = "The memory of the server is used up."
    else:
        cause = _CAUSES.get(getattr(error, "errno", None) or 0, f"Something went wrong {where}.")
    return f"{cause} The log of the server explains it under error {error_id}."


def silence_streamlit() -> None:
    """Keep Streamlit from logging the errors a second time, without the id."""
    logging.getLogger("streamlit.error_util").addFilter(_is_not_an_app_error)


def _is_not_an_app_error(record: logging.LogRecord) -> bool:
    return record.msg != "Uncaught app execution"


class ErrorResponses:
    """Middleware that answers an HTTP request that failed: status 500, the sentence and its id, as JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request. WebSockets pass; their errors end the connection, and the browser connects again."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_started = False

        async def watch(message: Message) -> None:
            nonlocal is_started
            is_started = is_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            error_id = log_error(_log, f"{scope['method']} {scope['path']}", error)
            if is_started:
                raise  # the server closes the connection, so that nobody takes half an answer for a whole one
            content = {"error": explain(error, "with this request", error_id), "id": error_id}
            await JSONResponse(content, 500, {"Cache-Control": "no-store"})(scope, receive, send)
