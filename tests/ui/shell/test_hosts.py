"""The server answers only to its own names, and only to pages of its own: HTTP and WebSockets alike."""

import asyncio
import socket
from collections.abc import MutableMapping
from typing import Any

import pytest

from aeexplorer.core.errors import UserError
from aeexplorer.ui.shell.hosts import VARIABLE, HostCheck, parse_names, split_host
from tests.routes.finishing import finish

LOCAL = "localhost:8501"


def passed(kind: str, headers: list[tuple[str, str]]) -> tuple[bool, list[tuple[bytes, bytes]], list[MutableMapping[str, Any]]]:
    """Return whether a request with these headers reaches the app, the headers that it then has, and what is answered."""
    seen: list[tuple[bytes, bytes]] = []
    sent: list[MutableMapping[str, Any]] = []
    reached = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.append(True)
        seen.extend(scope["headers"])

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": kind,
        "path": "/aex/health" if kind == "http" else "/_stcore/stream",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    if kind == "http":
        scope["method"] = "GET"
    finish(HostCheck(app)(scope, receive, send))
    return bool(reached), seen, sent


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "host",
    ["localhost", LOCAL, "LocalHost.:8501", "app.localhost", "127.0.0.1:8501", "127.8.8.8", "[::1]:8501", "192.168.7.3:80"],
)
def test_loopback_names_and_addresses_pass(kind: str, host: str) -> None:
    assert passed(kind, [("host", host)])[0]


def test_the_name_of_this_machine_passes() -> None:
    name = socket.gethostname()
    assert passed("http", [("host", f"{name}:8501")])[0]
    assert passed("http", [("host", f"{name.partition('.')[0]}.local:8501")])[0]


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8501",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8501",
        "evil.example@localhost",
        "localhost:8501#.evil.example",
        "localhost/evil",
        "localhost, evil.example",
        " localhost",
        "localhost:port",
        "local\u0131host",
        "x" * 300,
        "",
    ],
)
def test_a_rebound_name_does_not_get_in(kind: str, host: str) -> None:
    reached, _, sent = passed(kind, [("host", host), ("x-forwarded-host", "localhost")])
    assert not reached
    assert (
        sent[0].get("status") == 403
        if kind == "http"
        else sent[0] | {"reason": ""}
        == {
            "type": "websocket.close",
            "code": 1008,
            "reason": "",
        }
    )


def test_a_request_for_no_host_or_for_two_is_refused() -> None:
    assert not passed("http", [])[0]
    assert not passed("http", [("host", "localhost"), ("host", "evil.example")])[0]


def test_a_refusal_names_the_option_and_forwarded_names_do_not_count() -> None:
    _, _, sent = passed("http", [("host", "lab.example.org"), ("x-forwarded-host", "localhost"), ("forwarded", "host=localhost")])
    assert sent[0]["status"] == 403
    assert b"--allow-host lab.example.org" in sent[1]["body"]


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "file://", "http://localhost", "http://localhost:3000", "http://127.0.0.1:8501", "", "evil"],
)
def test_pages_of_another_site_do_not_get_in(kind: str, origin: str) -> None:
    assert not passed(kind, [("host", LOCAL), ("origin", origin)])[0]


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_apps_own_page_gets_in(kind: str) -> None:
    assert passed(kind, [("host", LOCAL), ("origin", f"http://{LOCAL}")])[0]
    assert passed(kind, [("host", LOCAL)])[0]  # no browser
    assert passed(kind, [("host", "10.0.0.2"), ("origin", "https://10.0.0.2")])[0]
    assert passed(kind, [("host", "10.0.0.2"), ("origin", "https://10.0.0.2:443")])[0]


def test_names_that_the_option_gives_pass_with_and_without_the_proxy_keeping_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "lab.example.org, *.tunnel.example")
    for name in ("lab.example.org", "a.tunnel.example", "a.b.tunnel.example"):
        assert passed("http", [("host", name)])[0]
        assert passed("websocket", [("host", name), ("origin", f"https://{name}")])[0]
        reached, headers, _ = passed("websocket", [("host", LOCAL), ("origin", f"https://{name}")])
        assert reached
        # Streamlit compares origin and host itself
        assert [value for key, value in headers if key == b"origin"] == [f"http://{LOCAL}".encode()]
    for name in ("example.org", "evil-lab.example.org", "x.lab.example.org", "tunnel.example", "eviltunnel.example"):
        assert not passed("http", [("host", name)])[0]
        assert not passed("websocket", [("host", LOCAL), ("origin", f"https://{name}")])[0]


@pytest.mark.parametrize("name", ["*", "*.", "lab.example.org:8501", "http://lab.example.org", "a/b", "a b", "*.*.org", "lab@x"])
def test_what_is_no_name_of_a_host_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="is not the name of a host"):
        parse_names([name])


def test_hosts_are_split_as_browsers_write_them() -> None:
    assert split_host("Lab.Example.org:80") == ("lab.example.org", 80)
    assert split_host("[2001:DB8::1]:8501") == ("2001:db8::1", 8501)
    assert split_host("10.0.0.1") == ("10.0.0.1", None)
    assert split_host("a:99999") is None
