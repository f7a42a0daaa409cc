"""The server around the pages: what starts and stops with it, and the HTTP routes beside them. `app.py` mounts both."""

import asyncio
import contextlib
import gc
import importlib
import os
import pkgutil
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from aeexplorer.core.workspace import Workspace, sweep
from aeexplorer.data.trash import empty_trash
from aeexplorer.routes import routes as all_routes
from aeexplorer.routes.plotlyjs import pack_scripts, under_base_path
from aeexplorer.ui.session.navigation import start
from aeexplorer.ui.shell.preload import Preload, head

_PAGES_USE = ("analysis", "background", "modalities", "models", "views", "ui")
"""Packages that are imported before the server answers, so that no page waits for it."""
_SOON = 2.0
"""Seconds."""
_serving = threading.Event()
_settled: set[str] = set()

SCRIPT = Path(__file__).with_name("main.py")
"""The Streamlit script behind every page."""


MIDDLEWARE = [Middleware(Preload)]
"""What every answer passes through."""


def routes() -> list[Route]:
    """The HTTP routes, below `server.baseUrlPath`."""
    return under_base_path([*all_routes(), Route(f"/{start()}", _to_start)], st.get_option("server.baseUrlPath") or "")


async def _to_start(request: Request) -> Response:
    """Streamlit knows the start page at the root only; its own name leads there, with all that the address says."""
    return RedirectResponse(f"./?{request.url.query}" if request.url.query else "./")


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[Mapping[str, Any]]:
    """Heavy imports, demo runs, supervisor and projection process; the server answers when they are there."""
    send_at_once()
    workspace = Workspace.open()
    empty_trash(workspace)
    sweep(workspace)
    async with AsyncExitStack() as ending:
        await asyncio.to_thread(_start, workspace, ending)
        yield {}


def send_at_once() -> None:
    """Let every TCP socket of this process, and the connections that it accepts, send small packets without waiting.

    asyncio does so for sockets that name their protocol; Streamlit's listening socket does not. Each answer is written in
    two parts, and the second would wait 40 ms for the browser to acknowledge the first.
    """
    for path in list(Path("/dev/fd").iterdir()):
        with contextlib.suppress(OSError):
            if path.is_socket():
                with socket.socket(fileno=os.dup(int(path.name))) as found:
                    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def settle(page: str) -> None:
    """Called by every run of the script: soon after a page's first one, set aside what that left in memory.

    Streamlit collects garbage after every rerun, which takes half a second with torch, pandas and plotly in sight. What is
    set aside is never looked at again, so this happens once a page.
    """
    if _serving.is_set() and page not in _settled:
        _settled.add(page)
        later = threading.Timer(_SOON, set_aside)
        later.daemon = True
        later.start()


def set_aside() -> None:
    """Take everything in memory that is in use out of the garbage collector's sight."""
    gc.collect()
    gc.freeze()


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Have OpenMP, where it is loaded meanwhile, use one thread in every thread of this process; children are not told.

    Each rerun is a new thread, and would first gather threads of its own: 4 to 15 ms for the first product of matrices.
    """
    held = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        del os.environ["OMP_NUM_THREADS"]
        if held is not None:
            os.environ["OMP_NUM_THREADS"] = held


def _start(workspace: Workspace, ending: AsyncExitStack) -> None:
    with _one_thread():
        import torch

    from aeexplorer.background.process import BackgroundProcess
    from aeexplorer.exchange.demo import install_demo
    from aeexplorer.jobs import Supervisor
    from aeexplorer.ui.shell import background
    from aeexplorer.views.charts import error_histogram
    from aeexplorer.views.maps import latent_map

    torch.set_num_threads(1)
    for package in _PAGES_USE:
        for module in pkgutil.walk_packages([str(SCRIPT.parents[2] / package)], f"aeexplorer.{package}."):
            if module.name != f"aeexplorer.ui.shell.{SCRIPT.stem}":
                importlib.import_module(module.name)
    pack_scripts()
    head()
    for run in install_demo(workspace):
        latent_map.build(run)  # what the first page draws loads half of plotly
        error_histogram.build(run)
    projector, measuring, supervisor = (
        BackgroundProcess(workspace),
        BackgroundProcess(workspace, maps=False),
        Supervisor(workspace),
    )
    for service in (supervisor, projector, measuring):
        service.start()
        ending.push_async_callback(asyncio.to_thread, service.stop)
    background.connect(projector, measuring)
    ending.callback(background.connect, None)
    ending.callback(gc.unfreeze)
    ending.callback(_serving.clear)
    _serving.set()
    set_aside()
