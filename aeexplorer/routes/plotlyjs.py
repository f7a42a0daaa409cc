"""Routes of the JavaScript of the linked charts: plotly.js and our own modules, cached for good.

Every URL contains the version or the hash of its content, so a browser requests it only once. The ASGI app mounts `ROUTES`, or
`under_base_path(ROUTES, base)` if `server.baseUrlPath` is set.
"""

import gzip
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from pathlib import Path

import plotly
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_LINKED = sorted((Path(__file__).parents[1] / "ui" / "components" / "linked" / "static").iterdir())
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_FOREVER = "public, max-age=31536000, immutable"

PLOTLY_NAME = f"plotly-{plotly.__version__}.min.js"
"""File name of plotly.js below `/aex/`."""
LINKED_NAME = f"linked-{hashlib.sha256(b''.join(path.read_bytes() for path in _LINKED)).hexdigest()[:16]}"
"""Folder name of the linked charts' modules below `/aex/`."""
MODULES = tuple(path.name for path in _LINKED if path.suffix == ".js")
"""File names of the linked charts' modules."""


@cache
def _read(path: Path) -> tuple[bytes, bytes]:
    body = path.read_bytes()
    return body, gzip.compress(body, 6, mtime=0)


def pack_scripts() -> None:
    """Read and compress all files now, so that the first page does not wait for them."""
    for path in (_PLOTLY, *_LINKED):
        _read(path)


def serve_file(path: Path) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that serves a file to be cached for good, compressed if the browser accepts it."""

    async def respond(request: Request) -> Response:
        body, packed = _read(path)
        headers = {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            body = packed
            headers["Content-Encoding"] = "gzip"
        return Response(body, headers=headers, media_type=_TYPES[path.suffix])

    return respond


def under_base_path(routes: Sequence[Route], base: str) -> list[Route]:
    """Return the routes below `base`, Streamlit's `server.baseUrlPath`, which Streamlit does not add to an app's own routes."""
    prefix = f"/{base.strip('/')}" if base.strip("/") else ""
    return [Route(prefix + route.path, route.endpoint, methods=sorted(route.methods or ["GET"])) for route in routes]


ROUTES = [
    Route(f"/aex/{PLOTLY_NAME}", serve_file(_PLOTLY)),
    *(Route(f"/aex/{LINKED_NAME}/{path.name}", serve_file(path)) for path in _LINKED),
]
"""The routes, without base path."""
