"""Clusters of a map, their names, and the density that they come from."""

from dataclasses import replace

import numpy as np
import pytest

from aeexplorer.analysis.maps.clusters import OUTLINE_LEVEL, assign_to_peaks, find_clusters, sample_caption
from aeexplorer.analysis.maps.density import estimate_density
from aeexplorer.analysis.maps.projection import Projection, compute_projection

CENTRES = np.random.default_rng(1).permutation(np.stack(np.meshgrid(range(4), range(3)), -1).reshape(-1, 2))[:10] * 6.0


@pytest.fixture
def by_label(trained) -> Projection:
    """A map of the digits with a cluster for each label; the unlabelled samples lie among the zeros."""
    projection = compute_projection(trained.runs["vae"], "pca")
    labels = np.maximum(trained.runs["vae"].dataset.labels[projection.ids], 0)
    return replace(projection, xy=(CENTRES[labels] + np.random.default_rng(0).normal(size=(400, 2)) * 0.7).astype(np.float32))


def test_clusters_of_digits_are_named_by_their_labels(trained, by_label: Projection) -> None:
    run = trained.runs["vae"]
    clusters = find_clusters(run, by_label)
    assert sorted(cluster.name.split(" · ")[0] for cluster in clusters) == list("0123456789")
    for cluster in clusters:
        label, share = cluster.name.split(" · ")
        labels = [run.dataset.label_names[v] if v >= 0 else "" for v in run.dataset.labels[cluster.ids]]
        assert share == f"{labels.count(label) / len(labels):.0%}"
        assert (share == "100%") == (label != "0")
        assert cluster.medoid in cluster.ids
        assert np.abs(np.array(cluster.peak) - CENTRES[int(label)]).max() < 1.5
        assert cluster.heights.max() == pytest.approx(1)
        assert (cluster.heights < OUTLINE_LEVEL).any()
    assert [len(c.ids) for c in clusters] == sorted([len(c.ids) for c in clusters], reverse=True)
    assert sum(len(c.ids) for c in clusters) > 340


def test_a_cluster_without_a_majority_label_is_named_mixed(trained, by_label: Projection) -> None:
    one_cluster = np.random.default_rng(0).normal(size=by_label.xy.shape).astype(np.float32)
    (cluster, *_) = find_clusters(trained.runs["vae"], replace(by_label, xy=one_cluster))
    label, share = cluster.name.removeprefix("mixed: ").split(" · ")
    assert cluster.name.startswith("mixed: ")
    assert label in trained.runs["vae"].dataset.label_names
    assert int(share.rstrip("%")) < 50


def test_an_unlabelled_cluster_is_named_after_its_medoid(trained) -> None:
    run = trained.runs["ae"]
    projection = compute_projection(run, "latents")
    clusters = find_clusters(run, projection)
    assert [cluster.name for cluster in clusters] == [f"like sample {cluster.medoid}" for cluster in clusters]
    assert sample_caption(run, 3) == "sample 3"


def test_only_prominent_peaks_are_kept() -> None:
    ridge = np.array([[0, 9, 6.5, 8, 1, 0, 0, 3, 0]])
    assert assign_to_peaks(ridge, 0.4).tolist() == [[-1, 1, 1, 1, 1, -1, -1, 7, -1]]
    assert assign_to_peaks(ridge, 0.1).tolist() == [[-1, 1, 1, 3, 3, -1, -1, 7, -1]]


@pytest.mark.parametrize("n", [1, 2, 30])
def test_density_of_few_and_of_equal_positions(trained, n: int) -> None:
    projection = compute_projection(trained.runs["vae"], "pca")
    for xy in (projection.xy[:n], np.zeros((n, 2), np.float32)):
        density = estimate_density(xy)
        assert 0 < density.values.sum() < n + 0.01
        assert density.values[tuple(density.cells[0])] > 0
        assert density.values.shape == (len(density.y), len(density.x))
        find_clusters(trained.runs["vae"], replace(projection, ids=projection.ids[:n], xy=xy))


def test_density_peaks_at_the_samples_and_averages_their_values() -> None:
    rng = np.random.default_rng(0)
    xy = np.concatenate([rng.normal(0, 1, (500, 2)), rng.normal([20, 0], 1, (100, 2))])
    density = estimate_density(xy)
    row, column = np.unravel_index(density.values.argmax(), density.values.shape)
    assert np.hypot(density.x[column], density.y[row]) < 1
    values = np.r_[np.full(500, 1.0), np.full(99, 5.0), np.nan]
    mean = density.average(values)
    assert mean[tuple(density.cells[0])] == pytest.approx(1)
    assert mean[tuple(density.cells[510])] == pytest.approx(5)
