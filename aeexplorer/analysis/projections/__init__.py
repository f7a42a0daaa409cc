"""Ways to lay latents on a plane or into a cube: one file a method."""

from aeexplorer.analysis.projections.base import Method
from aeexplorer.errors import UserError
from aeexplorer.registry import collect


def methods() -> dict[str, Method]:
    """All methods by name."""
    return collect("aeexplorer.analysis.projections", Method)


def method_of(name: str) -> Method:
    """The method of that name; raises `UserError` where there is none."""
    found = methods()
    if name not in found:
        raise UserError(f"there is no projection {name!r}", f"Choose one of {', '.join(found)}")
    return found[name]
