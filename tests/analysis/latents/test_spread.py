"""The spread of samples along latent dimensions, by hand."""

import numpy as np
import pytest

from aeexplorer.analysis.latents.traversal import LatentSpread

SPREAD = LatentSpread(np.array([1, 0]), np.array([0.1, 2.0]), "nats", np.float32([1.0, -4.0]), np.float32([0.5, 3.0]))
LATENT = np.float32([7.0, 8.0])


def test_a_move_sets_a_dimension_to_deviations_from_the_mean() -> None:
    assert SPREAD.move(LATENT, {1: 2.0}).tolist() == [7.0, 2.0]
    assert SPREAD.move(LATENT, {0: -3.0, 1: 0.0}).tolist() == [-0.5, -4.0]
    assert LATENT.tolist() == [7.0, 8.0]


def test_deviations_are_counted_from_the_mean() -> None:
    assert SPREAD.in_deviations(LATENT).tolist() == [12.0, 4.0]
    assert SPREAD.in_deviations(SPREAD.move(LATENT, {0: 1.5, 1: -2.0})) == pytest.approx([1.5, -2.0])


def test_strips_and_sweeps_cover_three_deviations() -> None:
    assert SPREAD.strips(LATENT, [0], 3).tolist() == [[-0.5, 8.0], [1.0, 8.0], [2.5, 8.0]]
    assert SPREAD.sweep(LATENT, 0, 4) == pytest.approx(np.array([[-0.5, 8], [1, 8], [2.5, 8], [1, 8]]))
