"""Density on a map, of four samples by hand."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from aeexplorer.analysis.maps.density import GRID_CELLS, MARGIN, estimate_density

FOUR = np.array([[0.0, 0.0], [8.0, 0.0], [8.0, 0.0], [0.0, 2.0]])


def test_samples_are_counted_in_the_cells_of_their_positions() -> None:
    density = estimate_density(FOUR)
    size = 8 * (1 + 2 * MARGIN) / GRID_CELLS
    assert np.diff(density.x) == pytest.approx(np.full(len(density.x) - 1, size), rel=1e-3)
    assert density.values.shape == (len(density.y), len(density.x))
    assert len(density.x) > 2 * len(density.y)
    for (x, y), (row, column) in zip(FOUR, density.cells, strict=True):
        assert abs(density.x[column] - x) <= size / 2 + 1e-6
        assert abs(density.y[row] - y) <= size / 2 + 1e-6
    counts = np.zeros(density.values.shape, np.float32)
    for row, column in density.cells:
        counts[row, column] += 1
    assert counts.max() == 2
    assert density.values == pytest.approx(gaussian_filter(counts, density.smoothing, mode="constant"), abs=1e-6)


def test_an_average_is_weighted_by_the_gaussian_and_ignores_missing_values() -> None:
    density = estimate_density(FOUR)
    values = np.array([1.0, 3.0, 5.0, np.nan])
    average = density.average(values)
    for cell in ((0, 0), tuple(density.cells[0]), tuple(density.cells[1]), (3, 40)):
        distances = np.square(density.cells[:3] - np.array(cell)).sum(1) / (2 * density.smoothing**2)
        weights = np.exp(-distances)
        if weights.sum() > 1e-3:  # the filter is cut off far from all samples
            assert average[cell] == pytest.approx((weights @ values[:3]) / weights.sum(), rel=0.02)
    assert average[tuple(density.cells[1])] == pytest.approx(4.0, rel=1e-3)
