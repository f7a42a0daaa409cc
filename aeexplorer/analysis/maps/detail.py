"""Samples that a map draws in addition to its overview: those of the visible area, and selected ones."""

from dataclasses import dataclass

import numpy as np

from aeexplorer.analysis.maps.projection import Projection, place_latents
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.data.dataset import Dataset
from aeexplorer.training.run import Run

CHUNK_SIZE = 100_000
"""Samples that are placed at a time."""
MARGIN = 0.15
"""Margin around the visible area, as a share of its sides, in which samples are drawn too: panning finds them there."""


@dataclass(frozen=True)
class Area:
    """A rectangle of a map, in the map's units."""

    left: float
    right: float
    bottom: float
    top: float

    def contains(self, positions: np.ndarray, margin: float = 0.0) -> np.ndarray:
        """Test which positions ``(n, 2)`` lie in the area, or within a margin given as a share of its sides: bool ``(n,)``."""
        x_margin, y_margin = margin * (self.right - self.left), margin * (self.top - self.bottom)
        x, y = positions[:, 0], positions[:, 1]
        is_in_x = (x >= self.left - x_margin) & (x <= self.right + x_margin)
        return is_in_x & (y >= self.bottom - y_margin) & (y <= self.top + y_margin)


@dataclass(frozen=True, eq=False)
class Detail:
    """The samples that a map draws.

    Parameters
    ----------
    ids
        int32 ``(m,)``, ascending: the overview and the added samples.
    drawn, in_area
        Number of samples in the area that are drawn, and number of all samples in the area; None without an area.
    """

    ids: np.ndarray
    drawn: int | None = None
    in_area: int | None = None

    @property
    def caption(self) -> str:
        """``showing 50,000 of 212,345 here``; empty without an area."""
        if self.drawn is None:
            return ""
        return f"showing {'all ' if self.drawn == self.in_area else f'{self.drawn:,} of '}{self.in_area:,} here"


def positions_on_plane(run: Run, projection: Projection) -> np.ndarray | None:
    """Return the positions of all samples of a run on a planar map, float32 ``(n, dims)``; None for any other map."""
    if projection.plane is None:
        return None
    ids = run.dataset.ids()
    chunks = np.array_split(ids, -(-len(ids) // CHUNK_SIZE))
    return np.concatenate([place_latents(projection, run, run.latents(chunk)) for chunk in chunks])


def select_detail(
    dataset: Dataset, overview: np.ndarray, positions: np.ndarray, area: Area | None, required: np.ndarray, limit: int
) -> Detail:
    """Select the samples to draw.

    Parameters
    ----------
    dataset
        Dataset of the run.
    overview
        Ids that are always drawn.
    positions
        float32 ``(n, 2)``, of all samples.
    area
        The visible area; None for the whole map.
    required
        Ids to draw wherever they lie, such as the selected samples.
    limit
        Largest number of samples added for the area, and of samples added for `required`; larger sets are subsampled
        with `sample_ids`.
    """
    parts = [overview]
    if len(required):
        parts.append(sample_ids(dataset, limit, required))
    if area is None:
        return Detail(_union(dataset, parts))
    in_area = np.flatnonzero(area.contains(positions)).astype(np.int32)
    parts.append(sample_ids(dataset, limit, in_area))
    if len(in_area) < limit:
        in_margin = np.flatnonzero(area.contains(positions, MARGIN)).astype(np.int32)
        parts.append(sample_ids(dataset, limit, in_margin))
    ids = _union(dataset, parts)
    return Detail(ids, int(area.contains(positions[ids]).sum()), len(in_area))


def _union(dataset: Dataset, parts: list[np.ndarray]) -> np.ndarray:
    """Unite sets of ids: int32, ascending."""
    is_member = np.zeros(dataset.n, np.bool_)
    for part in parts:
        is_member[part] = True
    return np.flatnonzero(is_member).astype(np.int32)
