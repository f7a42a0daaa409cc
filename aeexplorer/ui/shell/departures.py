"""Sessions whose browser has left give back what they hold: uploads, state, and three file descriptors each.

Streamlit keeps the session of a lost connection for two minutes, and up to 128 of them, so that a browser can come back to it.
A tab that was closed or reloaded never comes back to its session: its WebSocket says so (code 1001), and the session ends at
once. Of the others, only a few are kept, and a task looks after them: without it, they would wait for the next connection.
"""

import asyncio
import gc
import resource
import secrets
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aeexplorer.ui.session.streamlit_internals import (
    close_session,
    disconnected_sessions,
    is_anyone_connected,
    session_of_header,
)

KEEP_SECONDS = 100.0
"""Time for which a session waits for its browser. Streamlit itself forgets sessions after 120 seconds."""
_MAX_KEPT = 32
"""Most sessions that wait at the same time. Fewer if this process may open few files."""
_SWEEP_SECONDS = 5.0
_GOING_AWAY = 1001
"""Code with which browsers close a WebSocket when its page is closed, reloaded or left (RFC 6455, section 7.4.1)."""
_HEADER = "x-aeexplorer-connection"

_left: dict[str, float] = {}
"""Session that waits for its browser → when it was first seen waiting."""


class Departures:
    """Middleware that ends the session of a WebSocket whose page is gone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request. Only WebSockets are changed."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        token = secrets.token_hex(8)
        kept = [(name, value) for name, value in scope["headers"] if name != _HEADER.encode()]
        scope = {**scope, "headers": [*kept, (_HEADER.encode(), token.encode())]}
        departed: list[str] = []

        async def watch() -> Message:
            message = await receive()
            if message["type"] == "websocket.disconnect" and message.get("code") == _GOING_AWAY:
                departed.extend(filter(None, [session_of_header(_HEADER, token)]))
            return message

        try:
            await self._app(scope, watch, send)
        finally:
            for session in departed:
                close_session(session)
            close_departed(time.monotonic())


def close_departed(now: float) -> int:
    """End the sessions that have waited for `KEEP_SECONDS`, and the oldest ones if too many wait.

    Parameters
    ----------
    now
        The time, as `time.monotonic` gives it.

    Returns
    -------
    int
        Number of sessions that were ended.
    """
    waiting = disconnected_sessions()
    for session in _left.keys() - set(waiting):
        del _left[session]
    for session in waiting:
        _left.setdefault(session, now)
    spare = max(0, len(waiting) - max_kept(resource.getrlimit(resource.RLIMIT_NOFILE)[0]))
    ended = [session for i, session in enumerate(waiting) if i < spare or now - _left[session] >= KEEP_SECONDS]
    for session in ended:
        close_session(session)
        del _left[session]
    return len(ended)


def max_kept(file_limit: int) -> int:
    """Return how many sessions may wait for their browsers if this process may open `file_limit` files (−1: any number)."""
    return _MAX_KEPT if file_limit < 0 else max(1, min(_MAX_KEPT, file_limit // 16))


async def watch_departures() -> None:
    """End sessions whose browsers stay away, until this task is cancelled. Once nobody is connected, collect all garbage."""
    is_collected = True
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        close_departed(time.monotonic())
        if is_anyone_connected():
            is_collected = False
        elif not is_collected:
            is_collected = True
            await asyncio.to_thread(_collect_all)


def _collect_all() -> None:
    """Collect garbage among all objects. Sessions that were there when the memory was frozen would stay for ever otherwise."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
