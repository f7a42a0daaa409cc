"""The page tells the browser at once of the scripts that it will need: Plotly, our modules, Streamlit's own widgets.

Streamlit asks for the code of a widget when the first one is to be drawn. Until then the browser waits for the server
and has nothing to do; so it loads that code, and evaluates Plotly, meanwhile. The page also says where the server is:
otherwise Streamlit looks for it below the path of each page first, and the console fills with answers 404.
"""

from functools import cache
from pathlib import Path

import orjson
import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aeexplorer.routes.plotlyjs import LINKED_NAME, MODULES, PLOTLY_NAME

_STATIC = Path(streamlit.__file__).parent / "static"
_WIDGETS = ("BidiComponent", "ButtonGroup", "Html", "ImageList", "PageLink", "Selectbox")
"""What Explore consists of, as Streamlit names its files."""


_SERVER = """<script>window.__streamlit = {
  ...window.__streamlit, BACKEND_BASE_URL: new URL("./", location.href).href
}</script>"""


@cache
def head() -> bytes:
    """The tags for the head of the page."""
    tags = [_SERVER, f'<link rel="preload" as="script" href="./aex/{PLOTLY_NAME}">']
    tags += [f'<link rel="modulepreload" href="./aex/{LINKED_NAME}/{name}">' for name in MODULES if name != "early.js"]
    tags += [f'<link rel="modulepreload" crossorigin href="./{name}">' for name in widget_scripts()]
    tags.append(f'<script type="module" src="./aex/{LINKED_NAME}/early.js?plotly={PLOTLY_NAME}"></script>')
    return "\n".join(tags).encode()


@cache
def widget_scripts() -> tuple[str, ...]:
    """The files of the widgets and all that they import, by Streamlit's own list, without those that its page names."""
    chunks = orjson.loads((_STATIC / "manifest.json").read_bytes())
    page = (_STATIC / "index.html").read_text("utf-8")
    waiting = [key for key, chunk in chunks.items() if chunk.get("name") in _WIDGETS]
    found: dict[str, None] = {}
    while waiting:
        chunk = chunks[waiting.pop()]
        if chunk["file"] not in found and chunk["file"] not in page:
            found[chunk["file"]] = None
            waiting += chunk.get("imports", [])
    return tuple(found)


class Preload:
    """Middleware that puts `head` into the head of every HTML page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; only whole HTML pages are changed."""
        start: Message | None = None
        body = b""

        async def pass_on(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_page(message):
                start = message
            elif start is None or message["type"] != "http.response.body":
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    await _send_page(start, body, send)

        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        plain = MutableHeaders(scope=scope)
        if "text/html" in plain.get("accept", ""):
            del plain["accept-encoding"]  # Streamlit has its page packed already, which cannot be added to
        await self._app(scope, receive, pass_on)


def _is_page(message: Message) -> bool:
    headers = MutableHeaders(scope=message)
    is_html = headers.get("content-type", "").startswith("text/html")
    return message["status"] == 200 and is_html and "content-encoding" not in headers


async def _send_page(start: Message, body: bytes, send: Send) -> None:
    body = body.replace(b"</head>", head() + b"\n</head>", 1)
    headers = MutableHeaders(scope=start)
    headers["content-length"] = str(len(body))
    for name in ("etag", "last-modified"):  # they are of the page without our tags
        if name in headers:
            del headers[name]
    await send(start)
    await send({"type": "http.response.body", "body": body})
