"""Coroutines of a test, run apart."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def finish(work: Coroutine[Any, Any, None]) -> None:
    """Run it to its end in a thread of its own: in this one a browser's event loop may be running, from a test before."""
    with ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, work).result()
