"""Names by which the server may be called. A page of another name cannot reach it by pointing its name at this machine.

Such a page (DNS rebinding) runs in the browser of a person who uses the app, and its requests carry its own name as ``Host``.
Pages of other sites that send requests to the right name carry their own as ``Origin``. Addresses in numbers cannot be
rebound, so they pass.
"""

import ipaddress
import os
import socket
from collections.abc import Iterable
from functools import cache
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from aeexplorer.core.errors import UserError
from aeexplorer.core.logs import package_logger

VARIABLE = "AEEXPLORER_ALLOWED_HOSTS"
"""Environment variable with further names, separated by commas: those of a proxy, or of this machine in the network."""
_LONGEST_NAME = 253
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_log = package_logger(__name__)


def parse_names(texts: Iterable[str]) -> frozenset[str]:
    """Parse names of hosts, each without a port. ``*.example.org`` stands for every name that ends so.

    Raises
    ------
    UserError
        If a text is not a name: it has a port or a path, or it is ``*`` alone, which would let every page in.
    """
    names = set()
    for text in filter(None, map(str.strip, texts)):
        name = _normal(text)
        bare = name.removeprefix("*.")
        if split_host(bare) != (bare, None) or "*" in bare:
            raise UserError(f"{text!r} is not the name of a host", "Write names such as lab.example.org or *.example.org")
        names.add(name)
    return frozenset(names)


@cache
def own_names() -> frozenset[str]:
    """Return the names of this machine: ``localhost``, its own name, and that name in the local network."""
    name = _normal(socket.gethostname())
    return frozenset(filter(None, {"localhost", name, name.partition(".")[0], f"{name.partition('.')[0]}.local"}))


def split_host(text: str) -> tuple[str, int | None] | None:
    """Split ``name:port``, ``address:port`` or ``[address]:port`` into a lower-case name and the port; None if it is none."""
    try:
        parts = urlsplit(f"//{text}")
        name, port = _normal(parts.hostname or ""), parts.port
    except ValueError:
        return None
    rest = text.strip() != text or parts.path or parts.query or parts.fragment or "@" in text or not text.isascii()
    return None if rest or not 0 < len(name) <= _LONGEST_NAME or not _is_printable(name) else (name, port)


def is_allowed_name(name: str, allowed: frozenset[str]) -> bool:
    """Return whether the server answers to a name: an address, a name of this machine, or one of `allowed`."""
    return name in own_names() or name.endswith(".localhost") or _is_address(name) or _is_listed(name, allowed)


def is_allowed_origin(origin: str, host: tuple[str, int | None], allowed: frozenset[str]) -> bool:
    """Return whether a page may send requests: it comes from the requested host and port, or from a name in `allowed`."""
    scheme, separator, rest = origin.partition("://")
    parts = split_host(rest) if separator and scheme in _PORTS else None
    if parts is None:
        return False  # includes "null", the origin of sandboxed frames and of files
    name, port = parts[0], parts[1] or _PORTS[scheme]
    if name == host[0] and port == (host[1] or _PORTS[scheme]):
        return True
    return _is_listed(name, allowed)


class HostCheck:
    """Middleware that refuses requests and WebSockets to another name, or from pages of another site."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._allowed = parse_names(os.environ.get(VARIABLE, "").split(","))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if not (reason := self._refusal(scope)):
            await self._app(_with_origin_of_host(scope), receive, send)
            return
        _log.warning("refused %s: %s", scope["path"], reason)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
        else:
            await PlainTextResponse(f"{reason}\n", 403, {"X-Content-Type-Options": "nosniff"})(scope, receive, send)

    def _refusal(self, scope: Scope) -> str:
        """Return why a request is refused; empty if it is not."""
        hosts, origins = _headers(scope, b"host"), _headers(scope, b"origin")
        host = split_host(hosts[0]) if len(hosts) == 1 else None
        if host is None:
            return "The request does not say which host it is for."
        if not is_allowed_name(host[0], self._allowed):
            return (
                f"This server does not answer to the name {host[0]}. Open it by its address or as localhost, or start it with "
                f"--allow-host {host[0]} if the name is yours."
            )
        if len(origins) > 1 or not all(is_allowed_origin(origin, host, self._allowed) for origin in origins):
            return (
                "A page of another site sent this request. If the app is behind a proxy, start it with "
                "--allow-host and the name of the proxy."
            )
        return ""


def _with_origin_of_host(scope: Scope) -> Scope:
    """Return a WebSocket request whose origin is its host: Streamlit compares both itself, and a proxy may change the host."""
    if scope["type"] != "websocket" or not _headers(scope, b"origin"):
        return scope
    (host,) = _headers(scope, b"host")
    kept = [(name, value) for name, value in scope["headers"] if name != b"origin"]
    return {**scope, "headers": [*kept, (b"origin", f"http://{host}".encode("latin-1"))]}


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_listed(name: str, allowed: frozenset[str]) -> bool:
    parents = {f"*.{name.split('.', i)[i]}" for i in range(1, name.count(".") + 1)}
    return name in allowed or not allowed.isdisjoint(parents)


def _headers(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _normal(name: str) -> str:
    return name.strip().lower().rstrip(".")


def _is_printable(name: str) -> bool:
    return all(c.isalnum() or c in "-._:%" for c in name)
