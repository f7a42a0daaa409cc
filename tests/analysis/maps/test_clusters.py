"""Heaps on a map are found and called by what is in them."""

from dataclasses import replace

import numpy as np
import pytest

from aeexplorer.analysis.maps.clusters import LEVEL, caption, clusters, peaks
from aeexplorer.analysis.maps.density import density
from aeexplorer.analysis.maps.projection import Projection, compute

CENTRES = np.random.default_rng(1).permutation(np.stack(np.meshgrid(range(4), range(3)), -1).reshape(-1, 2))[:10] * 6.0


@pytest.fixture
def by_label(trained) -> Projection:
    """A map of the digits on which each label is a heap of its own, the unlabelled ones among the zeros."""
    made = compute(trained.runs["vae"], "pca")
    labels = np.maximum(trained.runs["vae"].dataset.labels[made.ids], 0)
    return replace(made, xy=(CENTRES[labels] + np.random.default_rng(0).normal(size=(400, 2)) * 0.7).astype(np.float32))


def test_clusters_of_digits_are_named_by_their_labels(trained, by_label: Projection) -> None:
    run = trained.runs["vae"]
    found = clusters(run, by_label)
    assert sorted(cluster.name.split(" · ")[0] for cluster in found) == list("0123456789")
    for cluster in found:
        label, share = cluster.name.split(" · ")
        has = [run.dataset.label_names[v] if v >= 0 else "" for v in run.dataset.labels[cluster.ids]]
        assert share == f"{has.count(label) / len(has):.0%}"
        assert (share == "100%") == (label != "0")
        assert cluster.medoid in cluster.ids
        assert np.abs(np.array(cluster.at) - CENTRES[int(label)]).max() < 1.5
        assert cluster.heights.max() == pytest.approx(1)
        assert (cluster.heights < LEVEL).any()
    assert [len(c.ids) for c in found] == sorted([len(c.ids) for c in found], reverse=True)
    assert sum(len(c.ids) for c in found) > 340


def test_a_cluster_without_a_majority_is_called_mixed(trained, by_label: Projection) -> None:
    heap = np.random.default_rng(0).normal(size=by_label.xy.shape).astype(np.float32)
    (found, *_) = clusters(trained.runs["vae"], replace(by_label, xy=heap))
    label, share = found.name.removeprefix("mixed: ").split(" · ")
    assert found.name.startswith("mixed: ")
    assert label in trained.runs["vae"].dataset.label_names
    assert int(share.rstrip("%")) < 50


def test_without_labels_a_cluster_is_called_by_its_medoid(trained) -> None:
    run = trained.runs["ae"]
    made = compute(run, "latents")
    found = clusters(run, made)
    assert [cluster.name for cluster in found] == [f"like sample {cluster.medoid}" for cluster in found]
    assert caption(run, 3) == "sample 3"


def test_a_peak_of_its_own_rises_above_the_saddle() -> None:
    ridge = np.array([[0, 9, 6.5, 8, 1, 0, 0, 3, 0]])
    assert peaks(ridge, 0.4).tolist() == [[-1, 1, 1, 1, 1, -1, -1, 7, -1]]
    assert peaks(ridge, 0.1).tolist() == [[-1, 1, 1, 3, 3, -1, -1, 7, -1]]


@pytest.mark.parametrize("n", [1, 2, 30])
def test_few_and_equal_positions_have_a_density(trained, n: int) -> None:
    made = compute(trained.runs["vae"], "pca")
    for xy in (made.xy[:n], np.zeros((n, 2), np.float32)):
        found = density(xy)
        assert 0 < found.values.sum() < n + 0.01
        assert found.values[tuple(found.cells[0])] > 0
        assert found.values.shape == (len(found.y), len(found.x))
        clusters(trained.runs["vae"], replace(made, ids=made.ids[:n], xy=xy))


def test_density_is_highest_where_samples_lie_and_averages_their_values() -> None:
    rng = np.random.default_rng(0)
    xy = np.concatenate([rng.normal(0, 1, (500, 2)), rng.normal([20, 0], 1, (100, 2))])
    found = density(xy)
    row, column = np.unravel_index(found.values.argmax(), found.values.shape)
    assert np.hypot(found.x[column], found.y[row]) < 1
    values = np.r_[np.full(500, 1.0), np.full(99, 5.0), np.nan]
    mean = found.average(values)
    assert mean[tuple(found.cells[0])] == pytest.approx(1)
    assert mean[tuple(found.cells[510])] == pytest.approx(5)
