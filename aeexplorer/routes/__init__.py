"""HTTP routes beside the pages. Each public module of this folder defines a list `ROUTES`."""

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.routing import Route


def routes() -> "list[Route]":
    """Return all routes, without a base path."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    return [route for name in names for route in importlib.import_module(f"{__name__}.{name}").ROUTES]
