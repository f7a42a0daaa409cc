"""The faults, by area. Each module of this folder offers ``FAULTS``, a list."""

import importlib
import pkgutil

from tests.mutation.fault import Fault


def all_faults() -> list[Fault]:
    """Return the faults of all areas."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [fault for name in modules for fault in importlib.import_module(f"{__name__}.{name}").FAULTS]
