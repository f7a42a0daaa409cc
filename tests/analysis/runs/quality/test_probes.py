"""Probes against scikit-learn, and metrics of a codebook."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from aeexplorer.analysis.runs.quality.base import EvaluationData
from aeexplorer.analysis.runs.quality.codebook import FAMILY as CODEBOOK
from aeexplorer.analysis.runs.quality.codebook import code_bits
from aeexplorer.analysis.runs.quality.probes import FAMILY, knn_accuracy, linear_accuracy


def test_knn_agrees_with_scikit_learn() -> None:
    digits = load_digits()
    x, y = digits.data.astype(np.float32), digits.target
    reference = KNeighborsClassifier(1).fit(x[:900], y[:900]).score(x[900:], y[900:])
    assert knn_accuracy(x[:900], y[:900], x[900:], y[900:], 1) == pytest.approx(reference)
    five = KNeighborsClassifier(5).fit(x[:900], y[:900]).score(x[900:], y[900:])
    assert knn_accuracy(x[:900], y[:900], x[900:], y[900:]) == pytest.approx(five, abs=0.005)  # ties are broken differently


def test_linear_probe_separates_only_linear_classes() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    linear, xor = (x[:, 0] > 0.2).astype(int), (x[:, 0] * x[:, 1] > 0).astype(int)
    assert linear_accuracy(x[:300], linear[:300], x[300:], linear[300:]) > 0.95
    assert linear_accuracy(x[:300], xor[:300], x[300:], xor[300:]) < 0.7
    assert knn_accuracy(x[:300], xor[:300], x[300:], xor[300:]) > 0.8


def test_linear_probe_is_fitted_on_the_training_samples_alone() -> None:
    rng = np.random.default_rng(0)
    train, test = rng.normal(size=(60, 20)) * 5 + 3, rng.normal(size=(40, 20)) * 5 + 3
    labels, truth = rng.integers(0, 2, 60), rng.integers(0, 2, 40)  # there is nothing to learn
    scaler = StandardScaler().fit(train)
    reference = LogisticRegression(max_iter=300).fit(scaler.transform(train), labels).score(scaler.transform(test), truth)
    assert linear_accuracy(train, labels, test, truth) == pytest.approx(reference)
    assert linear_accuracy(train, labels, train, labels) > reference + 0.1


def test_votes_of_the_nearest_are_counted_and_ties_go_to_the_nearest() -> None:
    train, labels = np.array([[0.0], [1.0], [2.0], [3.0], [9.0]]), np.array([4, 7, 7, 4, 4])
    test = np.array([[-0.1]])
    assert [knn_accuracy(train, labels, test, np.array([4]), k) for k in (1, 2, 3, 4, 5)] == [1, 1, 0, 1, 1]


def test_unlabelled_samples_are_left_out(trained) -> None:
    run = trained.runs["vae"]
    material = EvaluationData(run)
    figures = FAMILY.measure(material)
    train, test = (ids[run.dataset.labels[ids] >= 0] for ids in (run.dataset.ids("train"), run.dataset.ids("test")))
    assert len(train) < len(run.dataset.ids("train")) or len(test) < len(run.dataset.ids("test"))
    reference = KNeighborsClassifier(1).fit(run.latents(train), run.dataset.labels[train])
    own = knn_accuracy(run.latents(train), run.dataset.labels[train], run.latents(test), run.dataset.labels[test], 1)
    assert own == pytest.approx(reference.score(run.latents(test), run.dataset.labels[test]))
    assert figures["knn_accuracy"].value > figures["majority_accuracy"].value
    assert figures["knn_accuracy"].pca is not None


def test_code_bits() -> None:
    assert code_bits(np.array([[0, 7], [1, 7], [2, 7], [3, 7]])) == pytest.approx(2)
    assert code_bits(np.array([[0, 1], [1, 0], [0, 1], [0, 1]])) == pytest.approx(2 * (2 - 0.75 * np.log2(3)))


def test_codebook_metrics_agree_with_the_training(trained) -> None:
    run = trained.runs["vq"]
    figures = {key: figure.value for key, figure in CODEBOOK.measure(EvaluationData(run)).items()}
    assert figures["perplexity"] == pytest.approx(run.metrics["train"]["perplexity"])
    assert figures["codebook_usage"] == pytest.approx(run.metrics["train"]["codebook_usage"])
    assert 0 < figures["code_bits"] < figures["longest_bits"] == pytest.approx(run.codes.shape[1] * np.log2(48))
