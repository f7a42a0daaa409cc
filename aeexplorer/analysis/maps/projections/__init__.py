"""Ways to lay latents on a plane or into a cube: one file a method."""

from aeexplorer.analysis.maps.projections._slice import along, numbers_of, slice_method, through
from aeexplorer.analysis.maps.projections.base import Method
from aeexplorer.core.registry import collect, named

__all__ = ["along", "method_of", "methods", "numbers_of", "slice_method", "through"]


def methods() -> dict[str, Method]:
    """All methods by name."""
    return collect("aeexplorer.analysis.maps.projections", Method)


def method_of(name: str) -> Method:
    """The method of that name, which may be a slice's (see `_slice`); raises `UserError` where there is none."""
    return slice_method(name) or named(methods(), name, "projection")
