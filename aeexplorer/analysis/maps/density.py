"""Density of the samples on a map."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from aeexplorer.analysis.neighbours import nearest

GRID_CELLS = 160
"""Cells along the longer side of the map."""
MARGIN = 0.08
"""Distance of the grid's border from the outermost samples, as a share of the extent."""
BANDWIDTH_FACTOR = 0.4
"""Share of Scott's bandwidth (1992) that is used: the full bandwidth suits a single mode and hides several."""
LOCAL_NEIGHBOUR = 20
"""The Gaussian is no wider than the median distance to this neighbour, so that small distant clusters stay small."""


@dataclass(frozen=True, eq=False)
class Density:
    """A smoothed histogram of positions.

    Parameters
    ----------
    x, y
        float32 ``(columns,)`` and ``(rows,)``: centres of the square cells.
    values
        float32 ``(rows, columns)``: samples per cell.
    cells
        int64 ``(n, 2)``: row and column of each sample's cell.
    smoothing
        Standard deviation of the Gaussian, in cells.
    """

    x: np.ndarray
    y: np.ndarray
    values: np.ndarray
    cells: np.ndarray
    smoothing: float

    def average(self, values: np.ndarray) -> np.ndarray:
        """Average values of the samples over the grid, weighted by the same Gaussian (Nadaraya-Watson regression).

        Parameters
        ----------
        values
            ``(n,)``; NaN values are ignored.

        Returns
        -------
        numpy.ndarray
            ``(rows, columns)``.
        """
        is_known = np.isfinite(values)
        weights, sums = np.zeros(self.values.shape), np.zeros(self.values.shape)
        np.add.at(weights, tuple(self.cells[is_known].T), 1)
        np.add.at(sums, tuple(self.cells[is_known].T), values[is_known])
        smooth_sums, smooth_weights = (gaussian_filter(grid, self.smoothing, mode="constant") for grid in (sums, weights))
        return smooth_sums / np.maximum(smooth_weights, 1e-12)


def estimate_density(xy: np.ndarray) -> Density:
    """Estimate the density of positions, float ``(n, 2)`` with n at least 1."""
    # a grid of square cells that covers all positions
    low, high = xy.min(0), xy.max(0)
    extent = max(float((high - low).max()), 1e-4 * float(np.abs(xy).max()), 1e-9)
    size = extent * (1 + 2 * MARGIN) / GRID_CELLS
    low = low - MARGIN * extent
    columns, rows = (int(count) for count in np.ceil((high + MARGIN * extent - low) / size).astype(int) + 1)
    cells = ((xy - low) / size).astype(np.int64)[:, ::-1]
    counts = np.zeros((rows, columns), np.float32)
    np.add.at(counts, tuple(cells.T), 1)
    # the bandwidth
    scott = float(xy.std(0).mean()) * len(xy) ** (-1 / 6)
    local = float(np.median(nearest(xy[:: max(1, len(xy) // 1000)], xy, min(LOCAL_NEIGHBOUR, len(xy)))[1][:, -1]))
    smoothing = max(1.5, min(BANDWIDTH_FACTOR * scott, local) / size)
    x, y = (
        (start + (np.arange(count) + 0.5) * size).astype(np.float32) for start, count in zip(low, (columns, rows), strict=True)
    )
    return Density(x, y, gaussian_filter(counts, smoothing, mode="constant"), cells, smoothing)
