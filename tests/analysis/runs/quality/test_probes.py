"""Probes against scikit-learn's, and the split they are scored on."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

from aeexplorer.analysis.runs.quality.base import Material
from aeexplorer.analysis.runs.quality.codebook import FAMILY as CODEBOOK
from aeexplorer.analysis.runs.quality.codebook import code_bits
from aeexplorer.analysis.runs.quality.probes import FAMILY, knn_accuracy, linear_accuracy


def test_neighbours_vote_as_in_scikit_learn() -> None:
    found = load_digits()
    x, y = found.data.astype(np.float32), found.target
    reference = KNeighborsClassifier(1).fit(x[:900], y[:900]).score(x[900:], y[900:])
    assert knn_accuracy(x[:900], y[:900], x[900:], y[900:], 1) == pytest.approx(reference)
    five = KNeighborsClassifier(5).fit(x[:900], y[:900]).score(x[900:], y[900:])
    assert knn_accuracy(x[:900], y[:900], x[900:], y[900:]) == pytest.approx(five, abs=0.005)  # ties are broken otherwise


def test_a_line_separates_what_a_line_can() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    straight, crossed = (x[:, 0] > 0.2).astype(int), (x[:, 0] * x[:, 1] > 0).astype(int)
    assert linear_accuracy(x[:300], straight[:300], x[300:], straight[300:]) > 0.95
    assert linear_accuracy(x[:300], crossed[:300], x[300:], crossed[300:]) < 0.7
    assert knn_accuracy(x[:300], crossed[:300], x[300:], crossed[300:]) > 0.8


def test_unlabelled_samples_are_left_out(trained) -> None:
    run = trained.runs["vae"]
    material = Material(run)
    found = FAMILY.measure(material)
    train, test = (ids[run.dataset.labels[ids] >= 0] for ids in (run.dataset.ids("train"), run.dataset.ids("test")))
    assert len(train) < len(run.dataset.ids("train")) or len(test) < len(run.dataset.ids("test"))
    reference = KNeighborsClassifier(1).fit(run.latents(train), run.dataset.labels[train])
    own = knn_accuracy(run.latents(train), run.dataset.labels[train], run.latents(test), run.dataset.labels[test], 1)
    assert own == pytest.approx(reference.score(run.latents(test), run.dataset.labels[test]))
    assert found["knn_accuracy"].value > found["majority_accuracy"].value
    assert found["knn_accuracy"].pca is not None


def test_bits_of_codes() -> None:
    assert code_bits(np.array([[0, 7], [1, 7], [2, 7], [3, 7]])) == pytest.approx(2)


def test_figures_of_a_codebook_are_those_of_the_training(trained) -> None:
    run = trained.runs["vq"]
    found = {key: figure.value for key, figure in CODEBOOK.measure(Material(run)).items()}
    assert found["perplexity"] == pytest.approx(run.metrics["test"]["perplexity"])
    assert found["codebook_usage"] == pytest.approx(run.metrics["test"]["codebook_usage"])
    assert 0 < found["code_bits"] < found["longest_bits"] == pytest.approx(run.codes.shape[1] * np.log2(48))
