"""Interface of a projection method."""

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from aeexplorer.analysis.sampling import MAX_SAMPLES
from aeexplorer.core.errors import UserError

DIMS = (2, 3)
"""Numbers of dimensions that a map may have."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Positions of samples, as a projection method computes them.

    Parameters
    ----------
    xy
        float32 ``(n, dims)``.
    plane
        float32 ``(1 + dims, d)``, for methods that project onto a plane through the latent space: the latent at the origin
        of the map, then the directions of its axes in the latent space. The latent at position p is
        ``plane[0] + p @ plane[1:]``. None if positions have no latent.
    """

    xy: np.ndarray
    plane: np.ndarray | None = None


@dataclass(frozen=True)
class Method:
    """A method that projects latents to a map.

    Parameters
    ----------
    name
        Name in URLs and on the command line.
    title
        Name on the page.
    help
        What the method preserves and what it distorts.
    quick
        Whether it takes well under a second for 10,000 samples, so that a page can wait for it.
    fits
        ``fits(d, dims)``: whether the method can project latents of length d to a map of `dims` dimensions.
    project
        ``project(latents, dims, seed)``: latents float32 ``(n, d)`` to a `Layout`. Equal arguments give equal layouts.
    anchors
        Samples whose latents `project` gets before those of the samples on the map.
    caution
        What a map does not show; the end of its caption.
    stages
        As `project`, but yields partial layouts of all samples and finally the layout that `project` returns. None for
        methods without partial layouts.
    max_samples
        Default limit of the samples on a map.
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
    max_samples: int = MAX_SAMPLES
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
