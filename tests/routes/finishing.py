"""A runner for the coroutines of tests."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def finish(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine in a thread of its own, because an earlier test may have left a browser's event loop in this thread."""
    with ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, work).result()
