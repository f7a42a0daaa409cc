"""The head of the page names every script that its first charts and widgets need."""

import asyncio
import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import pytest
import streamlit
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import ASGIApp

from aeexplorer.routes.plotlyjs import LINKED_NAME, MODULES, PLOTLY_NAME
from aeexplorer.ui.shell.preload import Preload, head, widget_scripts
from tests.routes.finishing import finish

STATIC = Path(streamlit.__file__).parent / "static"


def answered(response: ASGIApp, method: str = "GET", asked: Mapping[bytes, bytes] | None = None) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a response that passed through the middleware."""
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.Event().wait()  # nobody hangs up
        return {}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": "/",
        "query_string": b"",
        "root_path": "",
        "headers": list((asked or {}).items()),
    }
    finish(Preload(response)(scope, receive, send))
    named = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return named, b"".join(message.get("body", b"") for message in sent[1:])


def test_streamlits_page_gets_the_tags_and_their_length() -> None:
    headers, body = answered(FileResponse(STATIC / "index.html"))
    plain = (STATIC / "index.html").read_bytes()
    assert body == plain.replace(b"</head>", head() + b"\n</head>")
    assert len(body) > len(plain)
    assert headers["content-length"] == str(len(body))
    assert not {"etag", "last-modified"} & set(headers)


def test_the_page_is_requested_uncompressed_so_that_tags_can_be_added() -> None:
    packing = GZipMiddleware(FileResponse(STATIC / "index.html"))
    headers, body = answered(packing, asked={b"accept": b"text/html,*/*", b"accept-encoding": b"gzip"})
    assert "content-encoding" not in headers
    assert head() in body
    assert answered(packing, asked={b"accept": b"*/*", b"accept-encoding": b"gzip"})[0]["content-encoding"] == "gzip"


@pytest.mark.parametrize("response", [Response(b"</head>", media_type="text/plain"), HTMLResponse(b"</head>", 404)])
def test_other_responses_pass_unchanged(response: Response) -> None:
    assert answered(response)[1] == b"</head>"


def test_every_preloaded_file_exists_and_is_named_once() -> None:
    named = re.findall(r'(?:href|src)="\./([^"?]+)', head().decode())
    assert len(named) == len(set(named))
    assert {f"aex/{LINKED_NAME}/{name}" for name in MODULES} | {f"aex/{PLOTLY_NAME}"} == {
        n for n in named if n.startswith("aex/")
    }
    assert all((STATIC / name).is_file() for name in widget_scripts())
    assert any("/BidiComponent." in name for name in widget_scripts())
    page = (STATIC / "index.html").read_text()
    assert not [name for name in widget_scripts() if name in page]
