"""How densely samples lie on a map."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from aeexplorer.analysis.neighbours import nearest

CELLS = 160
"""Along the longer side of the map."""
MARGIN = 0.08
WIDTH = 0.4
"""Of Scott's bandwidth (1992), which is meant for one heap and hides several."""
REACH = 20
"""The Gaussian is no wider than the median distance to this neighbour, so that small heaps far apart stay small."""


@dataclass(frozen=True, eq=False)
class Density:
    """A smoothed histogram of positions.

    Parameters
    ----------
    x, y
        float32 ``(columns,)`` and ``(rows,)``: middles of the square cells.
    values
        float32 ``(rows, columns)``: samples a cell.
    cells
        int64 ``(n, 2)``: row and column of the cell of each sample.
    smoothing
        Standard deviation of the Gaussian, in cells.
    """

    x: np.ndarray
    y: np.ndarray
    values: np.ndarray
    cells: np.ndarray
    smoothing: float

    def average(self, values: np.ndarray) -> np.ndarray:
        """Values ``(n,)`` of the samples, each cell taking a weighted mean of those around it; NaN values are left out."""
        known = np.isfinite(values)
        weights, sums = np.zeros(self.values.shape), np.zeros(self.values.shape)
        np.add.at(weights, tuple(self.cells[known].T), 1)
        np.add.at(sums, tuple(self.cells[known].T), values[known])
        smooth = [gaussian_filter(grid, self.smoothing, mode="constant") for grid in (sums, weights)]
        return smooth[0] / np.maximum(smooth[1], 1e-12)


def density(xy: np.ndarray) -> Density:
    """The density of positions float ``(n, 2)``, n at least 1."""
    low, high = xy.min(0), xy.max(0)
    extent = max(float((high - low).max()), 1e-4 * float(np.abs(xy).max()), 1e-9)
    size = extent * (1 + 2 * MARGIN) / CELLS
    low = low - MARGIN * extent
    columns, rows = (int(count) for count in np.ceil((high + MARGIN * extent - low) / size).astype(int) + 1)
    cells = ((xy - low) / size).astype(np.int64)[:, ::-1]
    counts = np.zeros((rows, columns), np.float32)
    np.add.at(counts, tuple(cells.T), 1)
    scott = float(xy.std(0).mean()) * len(xy) ** (-1 / 6)
    local = float(np.median(nearest(xy[:: max(1, len(xy) // 1000)], xy, min(REACH, len(xy)))[1][:, -1]))
    smoothing = max(1.5, min(WIDTH * scott, local) / size)
    x, y = (
        (start + (np.arange(count) + 0.5) * size).astype(np.float32) for start, count in zip(low, (columns, rows), strict=True)
    )
    return Density(x, y, gaussian_filter(counts, smoothing, mode="constant"), cells, smoothing)
