"""What every projection method offers."""

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from aeexplorer.analysis.sampling import MAX_SAMPLES
from aeexplorer.core.errors import UserError

DIMS = (2, 3)
"""What a map may have."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Where a method puts the samples.

    Parameters
    ----------
    xy
        float32 ``(n, dims)``.
    plane
        float32 ``(1 + dims, d)``, of methods that lay a flat plane through the latent space: the latent at the map's
        origin, then the latent directions of its axes, so that the map's position p is the latent
        ``plane[0] + p @ plane[1:]``. None where positions have no latent of their own.
    """

    xy: np.ndarray
    plane: np.ndarray | None = None


@dataclass(frozen=True)
class Method:
    """A way to project latents.

    Parameters
    ----------
    name, title, help
        As in a URL; for people; what it does and what it distorts, with the settings used.
    quick
        Whether it takes well under a second at 10,000 samples, so that it may be computed while a page waits.
    fits
        Whether it can make a map of `dims` dimensions of latents of length d: ``fits(d, dims)``.
    project
        ``project(latents, dims, seed)``, latents float32 ``(n, d)``, → `Layout`. The same arguments give the same layout.
    anchors
        Samples whose latents `project` gets first, before those of the map's own samples.
    caution
        What not to read into its maps, as the end of their caption.
    stages
        As `project`, better and better layouts of all samples, of which the last is what `project` returns; None of
        methods that have nothing to show before they are done.
    most
        Samples on a map at most, unless more are asked for.
    package
        Package that only this method imports, empty for methods that need no extra. The extra has the name of the method.
    """

    name: str
    title: str
    help: str
    quick: bool
    fits: Callable[[int, int], bool]
    project: Callable[[np.ndarray, int, int], Layout]
    anchors: tuple[int, ...] = ()
    caution: str = ""
    stages: Callable[[np.ndarray, int, int], Iterator[Layout]] | None = None
    most: int = MAX_SAMPLES
    package: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether the package of the method is installed. Methods without their package are not offered."""
        return not self.package or importlib.util.find_spec(self.package) is not None

    def require_installed(self) -> None:
        """Check that the package of the method is installed.

        Raises
        ------
        UserError
            Naming the package and the command that installs it.
        """
        if not self.is_installed:
            raise UserError(
                f"a {self.title} map needs the package {self.package}, which is not installed",
                f'Install it with `pip install "aeexplorer[{self.name}]"`',
            )
