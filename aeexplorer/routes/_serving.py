"""Responses of routes about a run: rendering in a thread, plain error messages, caching.

Modules that are slow to import (torch) are imported with the first request only.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from aeexplorer.core.errors import Damaged, UserError, reason_of
from aeexplorer.core.logs import package_logger
from aeexplorer.core.workspace import Workspace

if TYPE_CHECKING:
    from aeexplorer.training.run import Run

_log = package_logger(__name__)

THREADS = 2
"""Threads that render cards."""
MAX_COORDINATE = 1e6
"""Largest absolute value of a coordinate."""
_FOREVER = "private, max-age=31536000, immutable"
_HEADERS = {"X-Content-Type-Options": "nosniff"}

Render = Callable[["Run", Mapping[str, str], Mapping[str, str]], bytes | list[Any]]
"""Function of a run, the parts of the path and the values of the query that returns a PNG or rows."""


class RequestError(Exception):
    """A request that cannot be answered, with a status of 400 to 499 and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def run_routes(path: str, render: Render) -> list[Route]:
    """Return routes to ``/aex/runs/{run}/{path}.png`` and ``….json`` (``{"rows": [[column, value, reconstruction], …]}``).

    If the run has rows instead of pictures, the first route redirects to the second. `render` runs in a thread, and its
    errors become plain responses. Responses have an ETag: browsers cache those of a finished run for good, and revalidate all
    others.
    """

    def endpoint(kind: str) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            loop = asyncio.get_running_loop()
            try:
                return await loop.run_in_executor(_pool(), _respond, render, kind, request)
            except RequestError as error:
                _log.info("%d for %s: %s", error.status, request.url.path, error)
                return PlainTextResponse(f"{error}\n", error.status, _HEADERS)

        return respond

    return [Route(f"/aex/runs/{{run}}/{path}.{kind}", endpoint(kind)) for kind in ("png", "json")]


def parse_index(text: str, noun: str, size: int) -> int:
    """Parse an index from 0 to `size` − 1."""
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) >= size:
        raise RequestError(404, f"There is no such {noun}. Numbers go from 0 to {size - 1}.")
    return int(text)


def parse_coordinate(query: Mapping[str, str], name: str) -> float:
    """Parse a coordinate: a finite number of at most `MAX_COORDINATE`."""
    try:
        value = float(query.get(name, ""))
    except ValueError:
        value = float("nan")
    if not abs(value) <= MAX_COORDINATE:
        raise RequestError(400, f"{name} must be a number from -{MAX_COORDINATE:.0f} to {MAX_COORDINATE:.0f}.")
    return value


def _respond(render: Render, kind: str, request: Request) -> Response:
    from safetensors import SafetensorError

    from aeexplorer.background.open_runs import open_cached_run

    try:
        loaded = open_cached_run(Workspace.open(), request.path_params["run"])
        about = f"{loaded.version} {request.url.path}?{request.url.query}"
        tag = f'"{hashlib.blake2b(about.encode(), digest_size=12).hexdigest()}"'
        headers = _HEADERS | {"ETag": tag, "Cache-Control": _FOREVER if loaded.is_final else "private, no-cache"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        content = render(loaded.run, request.path_params, request.query_params)
    except Damaged as error:
        raise RequestError(422, str(error)) from None
    except UserError as error:
        raise RequestError(404, str(error)) from None
    except (OSError, ValueError, KeyError, IndexError, SafetensorError) as error:  # a file that changed since it was checked
        _log.exception("no answer for %s", request.url.path)
        raise RequestError(422, f"The files of this run cannot be read ({reason_of(error)}).") from None
    if isinstance(content, bytes):
        if kind != "png":
            raise RequestError(404, "This run has pictures. Use the address that ends in .png.")
        return Response(content, media_type="image/png", headers=headers)
    if kind != "json":
        name = request.url.path.rpartition("/")[2].removesuffix(".png")
        return RedirectResponse(f"{name}.json?{request.url.query}", 307, _HEADERS)
    return JSONResponse({"rows": content}, headers=headers)


@cache
def _pool() -> ThreadPoolExecutor:
    """Return the pool that renders cards: few threads with one torch thread each, because the pages need the cores too."""

    def start() -> None:
        import torch

        torch.set_num_threads(1)

    return ThreadPoolExecutor(THREADS, "pictures", start)
