"""How routes about a run answer: work in a thread, plain refusals, caching.

Nothing that is slow to import (torch) is imported before the first such request.
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

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace

if TYPE_CHECKING:
    from aeexplorer.training.run import Run

THREADS = 2
LIMIT = 1e6
"""Coordinates are at most that large."""
_FOREVER = "private, max-age=31536000, immutable"
_HEADERS = {"X-Content-Type-Options": "nosniff"}

Make = Callable[["Run", Mapping[str, str], Mapping[str, str]], bytes | list[Any]]
"""From a run, the path's parts and the query's values to a PNG or to rows."""


class Refused(Exception):
    """A request that cannot be answered: a status of 400 to 499 and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def about_run(path: str, make: Make) -> list[Route]:
    """Routes to ``/aex/runs/{run}/{path}.png`` and ``….json`` (``{"rows": [[column, value, reconstruction], …]}``).

    Where the run has rows and no pictures, the first leads on to the second. `make` works in a thread; its errors
    become plain answers. Answers have an ETag: a browser keeps what belongs to a run trained to its end, and asks
    again about any other.
    """

    def endpoint(kind: str) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            loop = asyncio.get_running_loop()
            try:
                return await loop.run_in_executor(_pool(), _answer, make, kind, request)
            except Refused as refused:
                return PlainTextResponse(f"{refused}\n", refused.status, _HEADERS)

        return answer

    return [Route(f"/aex/runs/{{run}}/{path}.{kind}", endpoint(kind)) for kind in ("png", "json")]


def whole(text: str, what: str, below: int) -> int:
    """A whole number from 0 to `below` − 1."""
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) >= below:
        raise Refused(404, f"There is no such {what}; they go from 0 to {below - 1}.")
    return int(text)


def coordinate(query: Mapping[str, str], name: str) -> float:
    """A finite number of moderate size."""
    try:
        value = float(query.get(name, ""))
    except ValueError:
        value = float("nan")
    if not abs(value) <= LIMIT:
        raise Refused(400, f"{name} must be a number from -{LIMIT:.0f} to {LIMIT:.0f}.")
    return value


def _answer(make: Make, kind: str, request: Request) -> Response:
    from aeexplorer.background.open_runs import load

    try:
        loaded = load(Workspace.open(), request.path_params["run"])
        about = f"{loaded.state} {request.url.path}?{request.url.query}"
        tag = f'"{hashlib.blake2b(about.encode(), digest_size=12).hexdigest()}"'
        headers = _HEADERS | {"ETag": tag, "Cache-Control": _FOREVER if loaded.final else "private, no-cache"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        made = make(loaded.run, request.path_params, request.query_params)
    except UserError as error:
        raise Refused(404, str(error)) from None
    if isinstance(made, bytes):
        if kind != "png":
            raise Refused(404, "This run has pictures; ask for the address that ends in .png.")
        return Response(made, media_type="image/png", headers=headers)
    if kind != "json":
        name = request.url.path.rpartition("/")[2].removesuffix(".png")
        return RedirectResponse(f"{name}.json?{request.url.query}", 307, _HEADERS)
    return JSONResponse({"rows": made}, headers=headers)


@cache
def _pool() -> ThreadPoolExecutor:
    """Few threads, each with one thread of torch's own: pictures are small, and pages want the cores too."""

    def start() -> None:
        import torch

        torch.set_num_threads(1)

    return ThreadPoolExecutor(THREADS, "pictures", start)
