"""Alignment of maps."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import procrustes as scipy_procrustes

from aeexplorer.analysis.maps.alignment import align_map, procrustes
from aeexplorer.analysis.maps.projection import Projection


def points(n: int = 40, dims: int = 2, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dims)) * np.arange(1, dims + 1)


def make_map(xy: np.ndarray, ids: np.ndarray) -> Projection:
    plane = np.eye(3, 2, -1, dtype=np.float32)
    return Projection("pca", 2, ids.astype(np.int32), xy.astype(np.float32), plane, 100, None, 0, 0.0)


@given(st.floats(-3, 3), st.booleans(), st.floats(0.1, 10), st.floats(-5, 5))
def test_a_transformed_map_is_transformed_back(angle: float, is_mirrored: bool, scale: float, shift: float) -> None:
    onto = points()
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag(
        [1, -1 if is_mirrored else 1]
    )
    alignment = procrustes(scale * onto @ rotation + shift, onto)
    assert alignment(scale * onto @ rotation + shift) == pytest.approx(onto, abs=1e-3)
    assert alignment.disparity == pytest.approx(0, abs=1e-9)


def test_disparity_agrees_with_scipy_and_no_other_transform_is_closer() -> None:
    source, onto = points(seed=1), points(seed=2)
    alignment = procrustes(source, onto)
    assert alignment.disparity == pytest.approx(scipy_procrustes(onto, source)[2])
    smallest = np.square(alignment(source) - onto).sum()
    for scale, angle in ((1.05, 0.0), (0.95, 0.0), (1.0, 0.05), (1.0, -0.05)):
        rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        other = replace(alignment, scale=alignment.scale * scale, rotation=alignment.rotation @ rotation)
        assert np.square(other(source) - onto).sum() > smallest


def test_equal_points_are_only_shifted() -> None:
    alignment = procrustes(np.ones((5, 2)), points(5))
    assert alignment.disparity == 1
    assert alignment(np.ones((1, 2))) == pytest.approx(points(5).mean(0)[None], abs=1e-6)


def test_maps_are_aligned_by_sample_id_and_all_samples_move() -> None:
    whole = points(60)
    onto = make_map(whole[:40], np.arange(40))
    transformed = make_map(whole[20:] @ np.array([[0, 1], [-1, 0]]) * 3 + 7, np.arange(20, 60))
    aligned, disparity = align_map(transformed, onto)
    assert aligned.xy == pytest.approx(whole[20:], abs=1e-4)
    assert aligned.ids.tolist() == list(range(20, 60))
    assert disparity == pytest.approx(0, abs=1e-6)
    assert aligned.plane is None


def test_maps_without_shared_samples_stay_unchanged() -> None:
    other = make_map(points(10), np.arange(50, 60))
    assert align_map(other, make_map(points(10), np.arange(10))) == (other, None)
