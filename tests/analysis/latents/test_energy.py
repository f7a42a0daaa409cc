"""Geodesics whose lengths are known in closed form."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from aeexplorer.analysis.latents.energy import SEGMENTS, minimise_energy
from aeexplorer.analysis.latents.geodesics import decoded_length, geodesic, grid_graph, neighbour_graph


def sphere(latents: Tensor) -> Tensor:
    """Decode colatitude and longitude to points of the unit sphere; further latents are decoded to themselves."""
    colatitude, longitude = latents[:, 0], latents[:, 1]
    ring = colatitude.sin()
    return torch.cat([torch.stack([ring * longitude.cos(), ring * longitude.sin(), colatitude.cos()], 1), latents[:, 2:]], 1)


def sphere_array(latents: np.ndarray) -> np.ndarray:
    return sphere(torch.from_numpy(np.asarray(latents, np.float32))).numpy()


def great_circle(start: np.ndarray, end: np.ndarray) -> float:
    """Return the angle between two points of the sphere."""
    return math.acos(float(sphere_array(start[None, :2])[0] @ sphere_array(end[None, :2])[0]))


@pytest.mark.parametrize(("start", "end"), [((0.7, 0.0), (0.7, 2.2)), ((0.5, -1.0), (1.9, 1.4)), ((1.2, 0.0), (1.2, 3.0))])
def test_minimising_the_energy_of_a_line_on_a_map_of_the_sphere_gives_a_great_circle(start, end) -> None:
    ends = np.float32([start, end])
    straight = np.linspace(*ends, SEGMENTS + 1, dtype=np.float32)
    path = minimise_energy(sphere, straight)
    expected = great_circle(*ends)
    assert decoded_length(sphere_array, straight) > 1.05 * expected
    assert decoded_length(sphere_array, path) == pytest.approx(expected, rel=2e-3)
    assert path[[0, -1]] == pytest.approx(ends, abs=1e-6)
    # a great circle lies in the plane through the origin and both ends
    normal = np.cross(*sphere_array(ends))
    assert sphere_array(path) @ normal / np.linalg.norm(normal) == pytest.approx(np.zeros(len(path)), abs=0.02)
    steps = np.linalg.norm(np.diff(sphere_array(path), axis=0), axis=1)
    assert steps == pytest.approx(np.full(SEGMENTS, expected / SEGMENTS), rel=0.1)


def test_a_geodesic_over_two_latents_has_the_length_of_the_great_circle() -> None:
    start, end = np.float32([0.6, 0.2]), np.float32([1.0, 2.6])
    graph = grid_graph(sphere_array, np.float32([0.1, -0.5]), np.float32([2.5, 3.5]))
    path = geodesic(graph, sphere_array, sphere, start, end, 30)
    assert path.shape == (30, 2)
    assert decoded_length(sphere_array, path) == pytest.approx(great_circle(start, end), rel=2e-3)


def test_a_geodesic_through_samples_is_not_a_zigzag_longer_than_the_straight_line() -> None:
    """On the digits, paths along the graph of the samples were twice as long as straight lines."""
    rng = np.random.default_rng(0)
    samples = rng.uniform([0.3, 0, -1, -1], [2.2, 3, 1, 1], (300, 4)).astype(np.float32)
    graph = neighbour_graph(sphere_array, samples)
    for first, second in ((0, 1), (2, 3), (4, 5)):
        start, end = samples[first], samples[second]
        path = geodesic(graph, sphere_array, sphere, start, end, 30)
        # in a product of spaces, squares of lengths add up
        expected = math.hypot(great_circle(start, end), *(end - start)[2:])
        assert decoded_length(sphere_array, path) == pytest.approx(expected, rel=3e-3)


def test_a_decoder_without_gradients_gives_the_shorter_of_graph_and_straight_line() -> None:
    def rounded(latents: Tensor) -> Tensor:
        return (latents.detach() * 4).round() / 4

    def rounded_array(latents: np.ndarray) -> np.ndarray:
        return rounded(torch.from_numpy(np.asarray(latents, np.float32))).numpy()

    samples = np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32)
    path = geodesic(neighbour_graph(rounded_array, samples), rounded_array, rounded, samples[0], samples[1], 20)
    straight = np.linspace(samples[0], samples[1], 2 * SEGMENTS + 1).astype(np.float32)
    assert decoded_length(rounded_array, path) <= decoded_length(rounded_array, straight) * 1.001
    assert path[[0, -1]] == pytest.approx(samples[:2], abs=1e-5)


def test_a_constant_decoder_keeps_the_straight_line() -> None:
    line = np.linspace([0, 0, 0], [1, 2, 3], 10).astype(np.float32)
    path = minimise_energy(lambda latents: latents.sum(1, keepdim=True) * 0, line)
    assert path == pytest.approx(np.linspace([0, 0, 0], [1, 2, 3], SEGMENTS + 1), abs=1e-5)
