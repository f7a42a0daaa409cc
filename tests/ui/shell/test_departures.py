"""Sessions whose browsers left are ended: those of closed tabs at once, others when they wait too long or are too many."""

import asyncio
import gc
from collections.abc import Iterator, MutableMapping
from types import SimpleNamespace
from typing import Any

import pytest

from aeexplorer.ui.shell import departures
from aeexplorer.ui.shell.departures import KEEP_SECONDS, Departures, close_departed, max_kept
from tests.routes.finishing import finish


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The sessions of a server: connected ones by the header of their WebSocket, waiting ones, and those that were ended."""
    state = SimpleNamespace(connected={}, waiting=[], closed=[])

    def close(session: str) -> None:
        state.closed.append(session)
        if session in state.waiting:
            state.waiting.remove(session)

    monkeypatch.setattr(departures, "session_of_header", lambda name, value: state.connected.get((name, value)))
    monkeypatch.setattr(departures, "disconnected_sessions", lambda: list(state.waiting))
    monkeypatch.setattr(departures, "close_session", close)
    departures._left.clear()
    yield state
    departures._left.clear()


def visit(sessions: SimpleNamespace, code: int) -> None:
    """Connect a browser as session "s", and disconnect it with a code."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        assert headers[b"x-aeexplorer-connection"] != b"forged"
        sessions.connected["x-aeexplorer-connection", headers[b"x-aeexplorer-connection"].decode()] = "s"
        assert (await receive())["type"] == "websocket.disconnect"
        sessions.connected.clear()
        sessions.waiting.append("s")

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "websocket.disconnect", "code": code}

    async def send(message: MutableMapping[str, Any]) -> None:
        pass

    scope = {"type": "websocket", "headers": [(b"x-aeexplorer-connection", b"forged")]}
    finish(Departures(app)(scope, receive, send))


def test_the_session_of_a_closed_tab_ends_at_once(sessions: SimpleNamespace) -> None:
    visit(sessions, 1001)
    assert sessions.closed == ["s"]


def test_the_session_of_a_lost_connection_waits(sessions: SimpleNamespace) -> None:
    visit(sessions, 1006)
    assert sessions.closed == []
    assert sessions.waiting == ["s"]


def test_a_session_that_waits_too_long_ends(sessions: SimpleNamespace) -> None:
    sessions.waiting = ["a"]
    assert close_departed(1000.0) == 0
    sessions.waiting.append("b")
    assert close_departed(1001.0) == 0
    assert close_departed(1000.0 + KEEP_SECONDS) == 1
    assert (sessions.closed, sessions.waiting) == (["a"], ["b"])
    sessions.waiting = []  # b came back
    assert close_departed(1001.0 + KEEP_SECONDS) == 0
    sessions.waiting = ["b"]  # and left again
    assert close_departed(1002.0 + KEEP_SECONDS) == 0


def test_the_oldest_of_too_many_waiting_sessions_end(sessions: SimpleNamespace) -> None:
    sessions.waiting = [f"s{i}" for i in range(40)]
    close_departed(0.0)
    assert sessions.closed == [f"s{i}" for i in range(40 - len(sessions.waiting))]
    assert 0 < len(sessions.waiting) <= 32


def test_fewer_sessions_wait_where_fewer_files_may_be_open() -> None:
    assert [max_kept(limit) for limit in (-1, 65_536, 256, 8)] == [32, 32, 16, 1]


def test_http_requests_pass() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    scope = {"type": "http", "headers": []}
    finish(Departures(app)(scope, None, None))  # type: ignore[arg-type]
    assert seen == [scope]


def test_all_garbage_is_collected_once_the_last_browser_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    connected, collected = iter([True, True, False, False, True, False]), []

    async def no_sleep(seconds: float) -> None:
        if len(collected) == 2:
            raise asyncio.CancelledError

    monkeypatch.setattr(departures.asyncio, "sleep", no_sleep)
    monkeypatch.setattr(departures, "close_departed", lambda now: 0)
    monkeypatch.setattr(departures, "is_anyone_connected", lambda: next(connected))
    monkeypatch.setattr(departures, "_collect_all", lambda: collected.append(True))
    with pytest.raises((asyncio.CancelledError, Exception)):
        finish(departures.watch_departures())
    assert len(collected) == 2


def test_frozen_garbage_is_collected() -> None:
    class Held:
        pass

    import weakref

    held = Held()
    held.self = held  # type: ignore[attr-defined]
    reference = weakref.ref(held)
    gc.freeze()
    del held
    gc.collect()
    assert reference() is not None
    try:
        departures._collect_all()
        assert reference() is None
    finally:
        gc.unfreeze()
