"""Folders are registries: import every public module of a package and collect what each offers."""

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
def _modules(package: str) -> tuple[ModuleType, ...]:
    root = importlib.import_module(package)
    names = sorted(m.name for m in pkgutil.iter_modules(root.__path__) if not m.name.startswith("_") and m.name != "base")
    return tuple(importlib.import_module(f"{package}.{name}") for name in names)


def _offers(module: ModuleType, kind: type) -> list[Any]:
    """The constants of type `kind`, and the concrete subclasses of `kind`, that a module itself defines."""
    found = []
    for name, value in vars(module).items():
        if name.startswith("_"):
            continue
        is_class = inspect.isclass(value) and issubclass(value, kind) and not inspect.isabstract(value)
        if (is_class and value.__module__ == module.__name__) or isinstance(value, kind):
            found.append(value)
    return found


@cache
def collect(package: str, kind: type[T]) -> dict[str, Any]:
    """Everything of one kind that the modules of a package offer, by its `name`.

    Parameters
    ----------
    package
        Dotted name of the package, for example ``"aeexplorer.models.bottlenecks"``. The module ``base`` and
        modules whose name starts with an underscore are left out.
    kind
        A class. A module offers the instances of it, and the concrete subclasses of it, that it defines.

    Raises
    ------
    ValueError
        If two modules offer the same name.
    """
    found: dict[str, Any] = {}
    for module in _modules(package):
        for thing in _offers(module, kind):
            if thing.name in found:
                raise ValueError(f"{package} offers two things named {thing.name!r}; the second is in {module.__name__}")
            found[thing.name] = thing
    return found


def named(found: Mapping[str, T], name: str, what: str) -> T:
    """What a person names, among what was collected.

    Parameters
    ----------
    found
        By name.
    name
        Which one.
    what
        What such a thing is called.

    Raises
    ------
    UserError
        If there is none of that name; says which there are.
    """
    if name not in found:
        raise UserError(f"there is no {what} {name!r}", f"Choose one of {', '.join(found)}")
    return found[name]
