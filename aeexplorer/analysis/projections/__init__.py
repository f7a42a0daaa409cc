"""Ways to lay latents on a plane or into a cube: one file a method."""

from aeexplorer.analysis.projections.base import Method
from aeexplorer.registry import collect, named


def methods() -> dict[str, Method]:
    """All methods by name."""
    return collect("aeexplorer.analysis.projections", Method)


def method_of(name: str) -> Method:
    """The method of that name; raises `UserError` where there is none."""
    return named(methods(), name, "projection")
