"""Headers that every answer has: what a page may load, who may frame it, and that nobody guesses the type of a file.

The content security policy is as strict as Streamlit allows. It loads code of its components from blobs and styles elements
by attributes; everything comes from this server, or from the page itself.
"""

import base64
import hashlib
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "worker-src": "'self' blob:",
    "frame-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Headers of every answer, beside the content security policy."""
_DOCUMENTS = ("text/html", "image/svg+xml", "text/xml", "application/xml", "application/xhtml+xml")
"""Types that a browser opens as a document, which may hold scripts."""
_OTHER_DOCUMENTS = "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
"""Policy of every document that is not the app's page."""


def policy(page: bytes, host: str) -> str:
    """Return the content security policy of a page: inline scripts are allowed by the hashes of those it has.

    Parameters
    ----------
    page
        The HTML of the page.
    host
        Name and port that the browser asked, for its WebSocket; older browsers do not count it as ``'self'``.
    """
    hashes = [base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _INLINE_SCRIPT.findall(page)]
    sources = dict(_POLICY)
    sources["script-src"] += "".join(f" 'sha256-{digest}'" for digest in hashes)
    sources["connect-src"] = f"'self' blob: ws://{host} wss://{host}"
    return "; ".join(f"{directive} {values}" for directive, values in sources.items())


class SecurityHeaders:
    """Middleware that adds the headers. The policy of the app's page, which `Preload` has set, stays."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""

        async def forward(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if headers.get("content-type", "").startswith(_DOCUMENTS):
                    headers.setdefault("Content-Security-Policy", _OTHER_DOCUMENTS)
            await send(message)

        await self._app(scope, receive, forward if scope["type"] == "http" else send)
