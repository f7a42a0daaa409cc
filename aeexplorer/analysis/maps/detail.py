"""Which samples a map draws besides its overview: those of the area a person looks at, and those that are selected."""

from dataclasses import dataclass

import numpy as np

from aeexplorer.analysis.maps.projection import Projection, place
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.data.dataset import Dataset
from aeexplorer.training.run import Run

CHUNK = 100_000
MARGIN = 0.15
"""So much more on each side, as a share of the area's width, is drawn: a small step aside finds its samples there."""


@dataclass(frozen=True)
class Area:
    """A rectangle of a map, in its units."""

    left: float
    right: float
    bottom: float
    top: float

    def holds(self, positions: np.ndarray, margin: float = 0.0) -> np.ndarray:
        """Bool ``(n,)``: which positions ``(n, 2)`` lie in it, or so close as a share `margin` of its sides."""
        wide, high = margin * (self.right - self.left), margin * (self.top - self.bottom)
        x, y = positions[:, 0], positions[:, 1]
        across = (x >= self.left - wide) & (x <= self.right + wide)
        return across & (y >= self.bottom - high) & (y <= self.top + high)


@dataclass(frozen=True, eq=False)
class Detail:
    """What a map draws.

    Parameters
    ----------
    ids
        int32 ``(m,)``, ascending: the overview, and what was brought in.
    here, there_are
        Samples drawn in the area, and in all; None without an area.
    """

    ids: np.ndarray
    here: int | None = None
    there_are: int | None = None

    @property
    def said(self) -> str:
        """``showing 50,000 of 212,345 here``; empty without an area."""
        if self.here is None:
            return ""
        return f"showing {'all ' if self.here == self.there_are else f'{self.here:,} of '}{self.there_are:,} here"


def positions_on_plane(run: Run, made: Projection) -> np.ndarray | None:
    """Where all samples of a run lie on a map that is a plane: float32 ``(n, dims)``; None on any other map."""
    if made.plane is None:
        return None
    ids = run.dataset.ids()
    parts = np.array_split(ids, -(-len(ids) // CHUNK))
    return np.concatenate([place(made, run, run.latents(part)) for part in parts])


def detail(
    dataset: Dataset, overview: np.ndarray, positions: np.ndarray, area: Area | None, wanted: np.ndarray, most: int
) -> Detail:
    """The samples to draw.

    Parameters
    ----------
    dataset
        Of the run.
    overview
        Ids that are always drawn.
    positions
        float32 ``(n, 2)`` of all samples.
    area
        What a person looks at; None: all of the map.
    wanted
        Ids to draw wherever they lie, such as the selected ones.
    most
        Samples brought in at most, for the area and for `wanted` each; of more, a stratified part.
    """
    brought = [overview]
    if len(wanted):
        brought.append(sample_ids(dataset, most, wanted))
    if area is None:
        return Detail(_union(dataset, brought))
    inside = np.flatnonzero(area.holds(positions)).astype(np.int32)
    brought.append(sample_ids(dataset, most, inside))
    if len(inside) < most:
        around = np.flatnonzero(area.holds(positions, MARGIN)).astype(np.int32)
        brought.append(sample_ids(dataset, most, around))
    ids = _union(dataset, brought)
    return Detail(ids, int(area.holds(positions[ids]).sum()), len(inside))


def _union(dataset: Dataset, parts: list[np.ndarray]) -> np.ndarray:
    drawn = np.zeros(dataset.n, np.bool_)
    for part in parts:
        drawn[part] = True
    return np.flatnonzero(drawn).astype(np.int32)
