"""Nearest samples are those of the space asked for, and their ranks in the others are true."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from aeexplorer.analysis.maps.projection import compute
from aeexplorer.analysis.samples import similar as module
from aeexplorer.analysis.samples.similar import distances, similar, spaces


@pytest.mark.parametrize("measure", ["euclidean", "cosine"])
@pytest.mark.parametrize("where", ["latents", "inputs", "map"])
def test_they_are_the_nearest_there_and_their_ranks_elsewhere_are_true(trained, where: str, measure: str) -> None:
    run = trained.runs["vae"]
    made = compute(run, "pca")
    found = similar(run, made, spaces(run, made), 17, where, measure, 8)
    pixels = run.dataset.main_field.array[made.ids].reshape(400, -1) / 255.0
    metrics = {
        "latents": cdist(run.latents(made.ids), run.latents(made.ids[[17]]), measure)[:, 0],
        "inputs": cdist(pixels, pixels[[17]], measure)[:, 0],
        "map": cdist(made.xy, made.xy[[17]])[:, 0],
    }
    order = np.argsort(np.where(made.ids == 17, np.inf, metrics[where]), kind="stable")[:8]
    assert found.ids.tolist() == made.ids[order].tolist()
    assert found.distances == pytest.approx(metrics[where][order], abs=1e-5)
    assert found.compared == 399
    assert found.ranks[where].tolist() == sorted(found.ranks[where].tolist())
    assert found.ranks[where][0] == 1
    for name, away in metrics.items():
        others = np.delete(away, 17)
        expected = (others[None] < away[order, None]).sum(1) + 1
        assert np.abs(found.ranks[name] - expected).max() <= 1


def test_a_sample_that_the_map_does_not_show_has_neighbours_too(trained) -> None:
    run = trained.runs["vae"]
    made = compute(run, "pca").only(np.arange(0, 400, 2))
    found = similar(run, made, spaces(run, made), 3)
    away = np.linalg.norm(run.latents(made.ids) - run.latents(np.array([3])), axis=1)
    assert found.ids.tolist() == made.ids[np.argsort(away)[:10]].tolist()
    assert (found.compared, found.ranks["latents"][0]) == (200, 1)


def test_of_large_samples_fewer_are_compared(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trained.runs["vae"]
    made = compute(run, "pca")
    monkeypatch.setattr(module, "VALUES", 64 * 150)
    monkeypatch.setattr(module, "FEWEST", 10)
    within = spaces(run, made)
    assert len(within.ids) == 150
    assert within.total == 400
    assert all(len(points) == 150 for points in within.points.values())


def test_cosine_looks_at_directions_alone() -> None:
    points = np.array([[2.0, 0], [0, 3], [-1, 0], [0, 0]])
    assert distances(points, np.array([5.0, 0]), "cosine") == pytest.approx([0, 1, 2, 1])
