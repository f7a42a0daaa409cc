"""Geodesics on metrics that are known."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from aeexplorer.analysis.latents.geodesics import (
    decoded_length,
    decoded_steps,
    graph_named,
    grid_roads,
    make_roads,
    roads_of,
    sample_roads,
    shortest,
)
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

CORNER = np.array([1.5, 1.5], np.float32)


def hill(latents: np.ndarray) -> np.ndarray:
    """A plane with a steep hill in its middle: shortest ways lead around it."""
    height = 3 * np.exp(-np.square(latents).sum(1) / 0.18)
    return np.stack([latents[:, 0], latents[:, 1], height], 1).astype(np.float32)


def plain(latents: np.ndarray) -> np.ndarray:
    return latents


def test_a_geodesic_goes_around_a_hill_and_is_shorter_than_the_straight_line() -> None:
    start, end = np.float32([-1, 0.02]), np.float32([1, -0.02])
    path = shortest(grid_roads(hill, -CORNER, CORNER), hill, start, end, 20)
    straight = decoded_length(hill, np.linspace(start, end, 200).astype(np.float32))
    assert path[[0, -1]] == pytest.approx(np.stack([start, end]), abs=1e-6)
    assert straight > 6
    assert decoded_length(hill, path) < 2.8
    assert abs(path[10, 1]) > 0.4
    steps = decoded_steps(hill, path)
    assert steps.max() < 1.1 * steps.min()


def test_where_the_metric_is_flat_it_is_the_straight_line() -> None:
    start, end = np.float32([-1, -0.3]), np.float32([1, 0.9])
    path = shortest(grid_roads(plain, -CORNER, CORNER, 20), plain, start, end, 7)
    assert path == pytest.approx(np.linspace(start, end, 7), abs=1e-3)


def test_among_samples_it_keeps_to_where_they_are() -> None:
    angles = np.linspace(0, np.pi, 60)
    ring = np.stack([np.cos(angles), np.sin(angles), np.zeros(60)], 1).astype(np.float32)
    path = shortest(sample_roads(plain, ring, 4), plain, ring[0], ring[-1], 15)
    assert np.linalg.norm(path, axis=1) == pytest.approx(np.ones(15), abs=0.02)
    assert path[7, 1] == pytest.approx(1, abs=0.05)


def test_groups_far_apart_are_joined() -> None:
    rng = np.random.default_rng(0)
    groups = np.concatenate([rng.normal(size=(30, 3)), rng.normal(100, 1, (30, 3))]).astype(np.float32)
    path = shortest(sample_roads(plain, groups, 4), plain, groups[0], groups[-1], 9)
    assert path[[0, -1]] == pytest.approx(groups[[0, -1]], abs=1e-3)


def test_where_nothing_changes_the_path_still_goes_on() -> None:
    def still(latents: np.ndarray) -> np.ndarray:
        return np.zeros((len(latents), 3), np.float32)

    path = shortest(grid_roads(still, -CORNER, CORNER, 10), still, np.float32([-1, 0]), np.float32([1, 0]), 5)
    assert path[[0, -1]] == pytest.approx(np.float32([[-1, 0], [1, 0]]), abs=1e-6)
    assert np.isfinite(path).all()


def test_the_graph_is_made_once_and_belongs_to_the_results(trained, tmp_path: Path) -> None:
    shutil.copytree(trained.workspace.root, tmp_path / "copy", ignore=shutil.ignore_patterns("geodesics.safetensors"))
    run = Run(tmp_path / "copy" / "runs" / trained.runs["vq"].id)
    assert roads_of(run) is None
    made = make_roads(run)
    found = roads_of(run)
    assert found is not None
    assert np.array_equal(found.lengths, made.lengths)
    assert made.nodes.shape[1] == run.model.bottleneck.latent_dim
    (run.folder / "metrics.json").write_bytes((run.folder / "metrics.json").read_bytes() + b" ")
    assert roads_of(run) is None


def test_only_the_graph_can_be_asked_for() -> None:
    assert graph_named("graph").name == "graph"
    with pytest.raises(UserError, match="no geodesics"):
        graph_named("../etc")
