"""The server around the pages: its lifespan and its HTTP routes, which `app.py` mounts."""

import asyncio
import contextlib
import gc
import importlib
import os
import pkgutil
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

from aeexplorer.core.logs import configure_logging
from aeexplorer.core.machine import raise_file_limit
from aeexplorer.core.workspace import Workspace, sweep
from aeexplorer.data.trash import empty_trash
from aeexplorer.routes import routes as all_routes
from aeexplorer.routes.plotlyjs import pack_scripts, under_base_path
from aeexplorer.ui.session.navigation import start
from aeexplorer.ui.shell.departures import Departures, watch_departures
from aeexplorer.ui.shell.errors import ErrorResponses, silence_streamlit
from aeexplorer.ui.shell.headers import SecurityHeaders
from aeexplorer.ui.shell.hosts import HostCheck
from aeexplorer.ui.shell.preload import Preload, head
from aeexplorer.ui.shell.sockets import disable_send_delay

_WARM_PACKAGES = ("analysis", "background", "modalities", "models", "views", "ui")
"""Packages that are imported before the server answers, so that no page waits for an import."""
_FREEZE_DELAY = 2.0
"""Seconds from a page's first run until its memory is frozen."""
_serving = threading.Event()
_frozen_pages: set[str] = set()

SCRIPT = Path(__file__).with_name("main.py")
"""The Streamlit script behind every page."""


MIDDLEWARE = [Middleware(kind) for kind in (SecurityHeaders, HostCheck, ErrorResponses, Departures, Preload)]
"""Middleware of the server, from the outermost to the innermost."""


def routes() -> list[Route]:
    """Return the HTTP routes, below Streamlit's `server.baseUrlPath`."""
    return under_base_path([*all_routes(), Route(f"/{start()}", _to_start)], st.get_option("server.baseUrlPath") or "")


async def _to_start(request: Request) -> Response:
    """Redirect the name of the start page to the root, where Streamlit serves it. The query is kept."""
    return RedirectResponse(f"./?{request.url.query}" if request.url.query else "./")


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[Mapping[str, Any]]:
    """Import heavy packages, install the demo runs, and start the supervisor and the background processes.

    The processes are stopped at the end.
    """
    configure_logging("info")
    silence_streamlit()
    raise_file_limit()
    disable_send_delay()
    workspace = Workspace.open()
    empty_trash(workspace)
    sweep(workspace)
    async with AsyncExitStack() as ending:
        await asyncio.to_thread(_start, workspace, ending)
        watching = asyncio.create_task(watch_departures())
        ending.callback(watching.cancel)
        yield {}


def freeze_after_first_run(page: str) -> None:
    """Freeze the objects in memory soon after the first run of a page. Every run of the script calls this function.

    Streamlit collects garbage after every rerun, which takes half a second with torch, pandas and plotly in memory. The
    garbage collector skips frozen objects.
    """
    if _serving.is_set() and page not in _frozen_pages:
        _frozen_pages.add(page)
        timer = threading.Timer(_FREEZE_DELAY, freeze_memory)
        timer.daemon = True
        timer.start()


def freeze_memory() -> None:
    """Collect garbage, then hide all objects in use from the garbage collector."""
    gc.collect()
    gc.freeze()


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Limit OpenMP to one thread if it is loaded inside this block. Later child processes are not affected.

    Each rerun is a new thread, and OpenMP would start its own threads for it. This takes 4 to 15 ms at the first matrix product.
    """
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        del os.environ["OMP_NUM_THREADS"]
        if before is not None:
            os.environ["OMP_NUM_THREADS"] = before


def _start(workspace: Workspace, ending: AsyncExitStack) -> None:
    """Start everything that the pages need, and add to `ending` what stops it."""
    with _one_thread():
        import torch

    from aeexplorer.background.process import BackgroundProcess
    from aeexplorer.exchange.demo import install_demo
    from aeexplorer.jobs import Supervisor
    from aeexplorer.ui.shell import background
    from aeexplorer.views.charts.error_histogram import run_error_histogram
    from aeexplorer.views.maps.latent_map import run_latent_map

    torch.set_num_threads(1)
    for package in _WARM_PACKAGES:
        for module in pkgutil.walk_packages([str(SCRIPT.parents[2] / package)], f"aeexplorer.{package}."):
            if module.name != f"aeexplorer.ui.shell.{SCRIPT.stem}":
                importlib.import_module(module.name)
    pack_scripts()
    head()
    for run in install_demo(workspace):
        # the charts of the first page load half of plotly
        run_latent_map(run)
        run_error_histogram(run)
    maps, others = BackgroundProcess(workspace), BackgroundProcess(workspace, maps=False)
    supervisor = Supervisor(workspace)
    for service in (supervisor, maps, others):
        service.start()
        ending.push_async_callback(asyncio.to_thread, service.stop)
    background.connect(maps, others)
    ending.callback(background.connect, None)
    ending.callback(gc.unfreeze)
    ending.callback(_serving.clear)
    _serving.set()
    freeze_memory()
