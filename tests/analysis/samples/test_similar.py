"""Similar samples are nearest in the given space and ranked in every space."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.analysis.samples import similar as module
from aeexplorer.analysis.samples.similar import distances, sample_spaces, similar_samples


@pytest.mark.parametrize("measure", ["euclidean", "cosine"])
@pytest.mark.parametrize("space", ["latents", "inputs", "map"])
def test_neighbours_are_nearest_and_ranks_are_correct_in_every_space(trained, space: str, measure: str) -> None:
    run = trained.runs["vae"]
    projection = compute_projection(run, "pca")
    similar = similar_samples(run, projection, sample_spaces(run, projection), 17, space, measure, 8)
    pixels = run.dataset.main_field.array[projection.ids].reshape(400, -1) / 255.0
    true_distances = {
        "latents": cdist(run.latents(projection.ids), run.latents(projection.ids[[17]]), measure)[:, 0],
        "inputs": cdist(pixels, pixels[[17]], measure)[:, 0],
        "map": cdist(projection.xy, projection.xy[[17]])[:, 0],
    }
    order = np.argsort(np.where(projection.ids == 17, np.inf, true_distances[space]), kind="stable")[:8]
    assert similar.ids.tolist() == projection.ids[order].tolist()
    assert similar.distances == pytest.approx(true_distances[space][order], abs=1e-5)
    assert similar.compared == 399
    assert similar.ranks[space].tolist() == sorted(similar.ranks[space].tolist())
    assert similar.ranks[space][0] == 1
    for name, values in true_distances.items():
        others = np.delete(values, 17)
        expected = (others[None] < values[order, None]).sum(1) + 1
        assert np.abs(similar.ranks[name] - expected).max() <= 1


def test_sample_that_is_not_on_the_map_has_neighbours(trained) -> None:
    run = trained.runs["vae"]
    projection = compute_projection(run, "pca").subset(np.arange(0, 400, 2))
    similar = similar_samples(run, projection, sample_spaces(run, projection), 3)
    distances_to_sample = np.linalg.norm(run.latents(projection.ids) - run.latents(np.array([3])), axis=1)
    assert similar.ids.tolist() == projection.ids[np.argsort(distances_to_sample)[:10]].tolist()
    assert (similar.compared, similar.ranks["latents"][0]) == (200, 1)


def test_fewer_large_samples_are_compared(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trained.runs["vae"]
    projection = compute_projection(run, "pca")
    monkeypatch.setattr(module, "MAX_VALUES", 64 * 150)
    monkeypatch.setattr(module, "MIN_COMPARED", 10)
    spaces = sample_spaces(run, projection)
    assert len(spaces.ids) == 150
    assert spaces.total == 400
    assert all(len(points) == 150 for points in spaces.points.values())


def test_cosine_depends_on_directions_only() -> None:
    points = np.array([[2.0, 0], [0, 3], [-1, 0], [0, 0]])
    assert distances(points, np.array([5.0, 0]), "cosine") == pytest.approx([0, 1, 2, 1])
