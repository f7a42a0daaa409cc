"""Registries without a central list: the modules of a folder are the entries.

A folder becomes a registry in three steps. Its ``base.py`` defines a class, say ``Projection``. Every other public module of the
folder defines a constant of that class (``PCA = Projection("pca", ...)``) or a concrete subclass of it, with a unique attribute
``name``. Callers ask for ``collect("aeexplorer.analysis.maps.projections", Projection)``, which imports all public
modules of the folder and returns the entries by name. To add an entry, add a file; no other file changes.

``base.py`` and modules whose name starts with an underscore are helpers and are not searched.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any, TypeVar

from aeexplorer.core.errors import UserError

T = TypeVar("T")


@cache
def _public_modules(package: str) -> tuple[ModuleType, ...]:
    root = importlib.import_module(package)
    names = sorted(m.name for m in pkgutil.iter_modules(root.__path__) if not m.name.startswith("_") and m.name != "base")
    return tuple(importlib.import_module(f"{package}.{name}") for name in names)


def _entries(module: ModuleType, kind: type) -> list[Any]:
    """Return the public constants of type `kind` in a module, and the concrete subclasses of `kind` that it defines."""
    entries = []
    for name, value in vars(module).items():
        if name.startswith("_"):
            continue
        is_class = inspect.isclass(value) and issubclass(value, kind) and not inspect.isabstract(value)
        if (is_class and value.__module__ == module.__name__) or isinstance(value, kind):
            entries.append(value)
    return entries


@cache
def collect(package: str, kind: type[T]) -> dict[str, Any]:
    """Collect the registry entries of a folder, by their `name`.

    Parameters
    ----------
    package
        Dotted name of the folder's package, for example ``"aeexplorer.models.bottlenecks"``.
    kind
        Class of the entries. Entries are public constants of this class and concrete subclasses of it.

    Returns
    -------
    dict
        Name of each entry → the constant or the class, in alphabetical order of the modules.

    Raises
    ------
    ValueError
        If two entries have the same name.
    """
    registry: dict[str, Any] = {}
    for module in _public_modules(package):
        for entry in _entries(module, kind):
            if entry.name in registry:
                raise ValueError(f"{package} has two entries named {entry.name!r}; the second is in {module.__name__}")
            registry[entry.name] = entry
    return registry


def get_by_name(registry: Mapping[str, T], name: str, noun: str) -> T:
    """Return the entry that the user asks for by name.

    Parameters
    ----------
    registry
        Entries by name, as returned by `collect`.
    name
        Name of the requested entry.
    noun
        What an entry is called in the error message, for example ``"projection"``.

    Raises
    ------
    UserError
        If there is no entry of this name. The message lists the available names.
    """
    if name not in registry:
        raise UserError(f"there is no {noun} {name!r}", f"Choose one of {', '.join(registry)}")
    return registry[name]
