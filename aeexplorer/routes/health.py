"""Route that reports whether the server responds."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aeexplorer.core.version import __version__


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "ok", "version": __version__}, headers={"Cache-Control": "no-store"})


ROUTES = [Route("/aex/health", _health)]
"""The routes, without base path."""
