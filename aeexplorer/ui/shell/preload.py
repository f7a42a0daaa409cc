"""Tags for the head of the page that make the browser load scripts early: Plotly, our modules, Streamlit's widgets.

Streamlit loads the code of a widget when the first widget of that kind is drawn. Until then the browser is idle, because
it waits for the server. With these tags it loads the code, and evaluates Plotly, in that time. The page also names the
address of the server. Without it, Streamlit first looks for the server below the path of each page, and gets errors 404.
"""

from functools import cache
from pathlib import Path

import orjson
import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aeexplorer.routes.plotlyjs import LINKED_NAME, MODULES, PLOTLY_NAME
from aeexplorer.ui.shell.headers import policy

_STATIC = Path(streamlit.__file__).parent / "static"
_WIDGETS = ("BidiComponent", "ButtonGroup", "Html", "ImageList", "PageLink", "Selectbox")
"""Names of the Streamlit widgets on Explore, as in Streamlit's manifest."""


_SERVER = """<script>window.__streamlit = {
  ...window.__streamlit, BACKEND_BASE_URL: new URL("./", location.href).href
}</script>"""


@cache
def head() -> bytes:
    """Return the tags for the head of the page."""
    tags = [_SERVER, f'<link rel="preload" as="script" href="./aex/{PLOTLY_NAME}">']
    tags += [f'<link rel="modulepreload" href="./aex/{LINKED_NAME}/{name}">' for name in MODULES if name != "early.js"]
    tags += [f'<link rel="modulepreload" crossorigin href="./{name}">' for name in widget_scripts()]
    tags.append(f'<script type="module" src="./aex/{LINKED_NAME}/early.js?plotly={PLOTLY_NAME}"></script>')
    return "\n".join(tags).encode()


@cache
def widget_scripts() -> tuple[str, ...]:
    """Return the scripts of the widgets and all their imports, except the scripts that Streamlit's page already names."""
    chunks = orjson.loads((_STATIC / "manifest.json").read_bytes())
    page = (_STATIC / "index.html").read_text("utf-8")
    queue = [key for key, chunk in chunks.items() if chunk.get("name") in _WIDGETS]
    scripts: dict[str, None] = {}
    while queue:
        chunk = chunks[queue.pop()]
        if chunk["file"] not in scripts and chunk["file"] not in page:
            scripts[chunk["file"]] = None
            queue += chunk.get("imports", [])
    return tuple(scripts)


class Preload:
    """Middleware that inserts the tags of `head` into every HTML page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request. Only complete HTML pages are changed."""
        start: Message | None = None
        body = b""

        async def forward(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_page(message):
                start = message
            elif start is None or message["type"] != "http.response.body":
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    await _send_page(start, body, MutableHeaders(scope=scope).get("host", ""), send)

        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        request_headers = MutableHeaders(scope=scope)
        if "text/html" in request_headers.get("accept", ""):
            del request_headers["accept-encoding"]  # Streamlit sends its page compressed, and we cannot insert tags into that
        await self._app(scope, receive, forward)


def _is_page(message: Message) -> bool:
    """Return whether an answer starts with an uncompressed HTML page, and not with a file to download."""
    headers = MutableHeaders(scope=message)
    is_html = headers.get("content-type", "").startswith("text/html")
    return message["status"] == 200 and is_html and not {"content-encoding", "content-disposition"} & set(headers.keys())


async def _send_page(start: Message, body: bytes, host: str, send: Send) -> None:
    """Send a page with the tags, and the content security policy for exactly the scripts that it then has."""
    body = body.replace(b"</head>", head() + b"\n</head>", 1)
    headers = MutableHeaders(scope=start)
    headers["content-length"] = str(len(body))
    headers["content-security-policy"] = policy(body, host)
    for name in ("etag", "last-modified"):  # they describe the page without our tags
        if name in headers:
            del headers[name]
    await send(start)
    await send({"type": "http.response.body", "body": body})
