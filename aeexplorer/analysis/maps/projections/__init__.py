"""Projection methods for latents: one file per method."""

from aeexplorer.analysis.maps.projections._slice import (
    slice_along_latents,
    slice_method,
    slice_numbers,
    slice_through_samples,
)
from aeexplorer.analysis.maps.projections.base import Method
from aeexplorer.core.registry import collect, get_by_name

__all__ = ["method_of", "methods", "slice_along_latents", "slice_method", "slice_numbers", "slice_through_samples"]


def methods() -> dict[str, Method]:
    """Return all methods by name."""
    return collect("aeexplorer.analysis.maps.projections", Method)


def method_of(name: str) -> Method:
    """Return the method with a name, which may be the name of a slice (see `_slice`).

    Raises
    ------
    UserError
        If there is no such method.
    """
    return slice_method(name) or get_by_name(methods(), name, "projection")
