"""New latents are placed among most of their nearest samples, not between distant groups."""

import numpy as np
from sklearn.datasets import load_digits

from aeexplorer.analysis.maps.placing import build_placer
from aeexplorer.analysis.maps.projections.umap import project
from aeexplorer.analysis.neighbours import nearest


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.mean([len(np.intersect1d(a, b)) / len(a) for a, b in zip(first, second, strict=True)]))


def test_new_digits_are_placed_among_their_neighbours() -> None:
    digits = load_digits(return_X_y=True)[0].astype(np.float32)
    mapped, new = digits[:1500], digits[1500:]
    xy = project(mapped, 2, 0).xy
    rows, _ = nearest(new, mapped, 15)
    placed = build_placer(mapped, xy)(new)
    share = overlap(rows, nearest(placed, xy, 15)[0])
    assert share > 0.45
    assert share > overlap(rows, nearest(xy[rows].mean(1), xy, 15)[0]) + 0.05


def test_a_latent_between_two_groups_joins_the_tightest() -> None:
    latents = np.linspace(0, 1, 15, dtype=np.float32)[:, None]
    xy = np.zeros((15, 2), np.float32)
    xy[:10] = np.random.default_rng(0).normal(size=(10, 2)) * 0.1
    xy[10:, 0] = np.arange(20, 70, 10)
    (position,) = build_placer(latents, xy)(np.array([[0.51]], np.float32))
    assert np.linalg.norm(position) < 0.3


def test_the_latent_of_a_sample_gets_its_position_even_with_few_samples() -> None:
    rng = np.random.default_rng(0)
    for n in (1, 2, 5, 40):
        latents, xy = rng.normal(size=(n, 3)).astype(np.float32), rng.normal(size=(n, 2)).astype(np.float32)
        assert np.allclose(build_placer(latents, xy)(latents), xy)
        assert np.isfinite(build_placer(latents, xy)(latents + 0.1)).all()
