"""Maps laid over one another."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import procrustes as scipy_procrustes

from aeexplorer.analysis.maps.alignment import aligned, procrustes
from aeexplorer.analysis.maps.projection import Projection


def points(n: int = 40, dims: int = 2, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dims)) * np.arange(1, dims + 1)


def a_map(xy: np.ndarray, ids: np.ndarray) -> Projection:
    plane = np.eye(3, 2, -1, dtype=np.float32)
    return Projection("pca", 2, ids.astype(np.int32), xy.astype(np.float32), plane, 100, None, 0, 0.0)


@given(st.floats(-3, 3), st.booleans(), st.floats(0.1, 10), st.floats(-5, 5))
def test_a_turned_mirrored_scaled_and_shifted_map_comes_back(angle: float, mirrored: bool, scale: float, shift: float) -> None:
    onto = points()
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag([1, -1 if mirrored else 1])
    found = procrustes(scale * onto @ turn + shift, onto)
    assert found(scale * onto @ turn + shift) == pytest.approx(onto, abs=1e-3)
    assert found.disparity == pytest.approx(0, abs=1e-9)


def test_what_remains_agrees_with_scipy_and_no_other_transform_is_closer() -> None:
    here, onto = points(seed=1), points(seed=2)
    found = procrustes(here, onto)
    assert found.disparity == pytest.approx(scipy_procrustes(onto, here)[2])
    least = np.square(found(here) - onto).sum()
    for scale, angle in ((1.05, 0.0), (0.95, 0.0), (1.0, 0.05), (1.0, -0.05)):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        other = replace(found, scale=found.scale * scale, rotation=found.rotation @ turn)
        assert np.square(other(here) - onto).sum() > least


def test_points_in_one_place_are_only_shifted() -> None:
    found = procrustes(np.ones((5, 2)), points(5))
    assert found.disparity == 1
    assert found(np.ones((1, 2))) == pytest.approx(points(5).mean(0)[None], abs=1e-6)


def test_maps_are_aligned_by_id_and_all_their_samples_move() -> None:
    whole = points(60)
    onto = a_map(whole[:40], np.arange(40))
    turned = a_map(whole[20:] @ np.array([[0, 1], [-1, 0]]) * 3 + 7, np.arange(20, 60))
    made, disparity = aligned(turned, onto)
    assert made.xy == pytest.approx(whole[20:], abs=1e-4)
    assert made.ids.tolist() == list(range(20, 60))
    assert disparity == pytest.approx(0, abs=1e-6)
    assert made.plane is None


def test_maps_without_shared_samples_are_left_as_they_are() -> None:
    other = a_map(points(10), np.arange(50, 60))
    assert aligned(other, a_map(points(10), np.arange(10))) == (other, None)
