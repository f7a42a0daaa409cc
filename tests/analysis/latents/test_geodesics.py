"""Geodesics on known metrics."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from aeexplorer.analysis.latents.geodesics import (
    cached_graph,
    compute_graph,
    decoded_length,
    decoded_steps,
    grid_graph,
    neighbour_graph,
    parse_graph_name,
    shortest_path,
)
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

CORNER = np.array([1.5, 1.5], np.float32)


def hill(latents: np.ndarray) -> np.ndarray:
    """Decode to a plane with a steep hill in its centre, which shortest paths avoid."""
    height = 3 * np.exp(-np.square(latents).sum(1) / 0.18)
    return np.stack([latents[:, 0], latents[:, 1], height], 1).astype(np.float32)


def identity(latents: np.ndarray) -> np.ndarray:
    return latents


def test_a_geodesic_goes_around_a_hill_and_is_shorter_than_the_straight_line() -> None:
    start, end = np.float32([-1, 0.02]), np.float32([1, -0.02])
    path = shortest_path(grid_graph(hill, -CORNER, CORNER), hill, start, end, 20)
    straight = decoded_length(hill, np.linspace(start, end, 200).astype(np.float32))
    assert path[[0, -1]] == pytest.approx(np.stack([start, end]), abs=1e-6)
    assert straight > 6
    assert decoded_length(hill, path) < 2.8
    assert abs(path[10, 1]) > 0.4
    steps = decoded_steps(hill, path)
    assert steps.max() < 1.1 * steps.min()


def test_a_geodesic_of_a_flat_metric_is_straight() -> None:
    start, end = np.float32([-1, -0.3]), np.float32([1, 0.9])
    path = shortest_path(grid_graph(identity, -CORNER, CORNER, 20), identity, start, end, 7)
    assert path == pytest.approx(np.linspace(start, end, 7), abs=1e-3)


def test_a_geodesic_through_samples_stays_near_them() -> None:
    angles = np.linspace(0, np.pi, 60)
    ring = np.stack([np.cos(angles), np.sin(angles), np.zeros(60)], 1).astype(np.float32)
    path = shortest_path(neighbour_graph(identity, ring, 4), identity, ring[0], ring[-1], 15)
    assert np.linalg.norm(path, axis=1) == pytest.approx(np.ones(15), abs=0.02)
    assert path[7, 1] == pytest.approx(1, abs=0.05)


def test_distant_groups_are_connected() -> None:
    rng = np.random.default_rng(0)
    groups = np.concatenate([rng.normal(size=(30, 3)), rng.normal(100, 1, (30, 3))]).astype(np.float32)
    path = shortest_path(neighbour_graph(identity, groups, 4), identity, groups[0], groups[-1], 9)
    assert path[[0, -1]] == pytest.approx(groups[[0, -1]], abs=1e-3)


def test_a_constant_decoder_still_gives_a_path() -> None:
    def constant(latents: np.ndarray) -> np.ndarray:
        return np.zeros((len(latents), 3), np.float32)

    path = shortest_path(grid_graph(constant, -CORNER, CORNER, 10), constant, np.float32([-1, 0]), np.float32([1, 0]), 5)
    assert path[[0, -1]] == pytest.approx(np.float32([[-1, 0], [1, 0]]), abs=1e-6)
    assert np.isfinite(path).all()


def test_the_graph_is_cached_for_the_current_results(trained, tmp_path: Path) -> None:
    shutil.copytree(trained.workspace.root, tmp_path / "copy", ignore=shutil.ignore_patterns("geodesics.safetensors"))
    run = Run(tmp_path / "copy" / "runs" / trained.runs["vq"].id)
    assert cached_graph(run) is None
    graph = compute_graph(run)
    cached = cached_graph(run)
    assert cached is not None
    assert np.array_equal(cached.lengths, graph.lengths)
    assert graph.nodes.shape[1] == run.model.bottleneck.latent_dim
    (run.folder / "metrics.json").write_bytes((run.folder / "metrics.json").read_bytes() + b" ")
    assert cached_graph(run) is None


def test_unknown_graph_names_are_refused() -> None:
    assert parse_graph_name("graph").name == "graph"
    with pytest.raises(UserError, match="no geodesics"):
        parse_graph_name("../etc")
