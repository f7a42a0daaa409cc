"""The browser's files are compressed, cached for good, and served below the base path."""

import gzip
from collections.abc import MutableMapping
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from aeexplorer.routes.plotlyjs import LINKED_NAME, PLOTLY_NAME, ROUTES, under_base_path
from tests.routes.finishing import finish


def get(routes: list[Route], path: str, encoding: str = "identity") -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of the routes' response."""
    sent: list[MutableMapping[str, Any]] = []
    path, _, query = path.partition("?")
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "root_path": ""}
    headers = [(b"accept-encoding", encoding.encode())]

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    finish(Starlette(routes=routes)({**scope, "headers": headers}, receive, send))
    named = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], named, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("name", [PLOTLY_NAME, f"{LINKED_NAME}/main.js", f"{LINKED_NAME}/linked.css"])
def test_files_are_cached_for_good_and_compressed_on_request(name: str) -> None:
    status, headers, plain = get(ROUTES, f"/aex/{name}")
    assert status == 200
    assert "immutable" in headers["cache-control"]
    assert headers["content-type"].startswith("text/css" if name.endswith("css") else "text/javascript")
    _, headers, packed = get(ROUTES, f"/aex/{name}", "gzip, br")
    assert headers["content-encoding"] == "gzip"
    assert len(packed) < len(plain)
    assert gzip.decompress(packed) == plain


@pytest.mark.parametrize("name", [f"{PLOTLY_NAME}x", "plotly-1.0.0.min.js", f"{LINKED_NAME}/../plotlyjs.py"])
def test_nothing_else_is_served(name: str) -> None:
    assert get(ROUTES, f"/aex/{name}")[0] == 404


@pytest.mark.parametrize("base", ["", "/", "some/where", "/some/"])
def test_base_path(base: str) -> None:
    path = "/".join(["", *filter(None, base.split("/")), "aex", LINKED_NAME, "main.js"])
    assert get(under_base_path(ROUTES, base), path)[0] == 200
