"""Label information in the latents: classifiers fitted on the training split and scored on the test split."""

import warnings

import numpy as np

from aeexplorer.analysis.neighbours import nearest
from aeexplorer.analysis.runs.quality.base import EvaluationData, Family, Figure, Metric

NEIGHBOURS = 5


def knn_accuracy(train: np.ndarray, labels: np.ndarray, test: np.ndarray, truth: np.ndarray, k: int = NEIGHBOURS) -> float:
    """Compute the accuracy of a k-nearest-neighbours classifier on latents, 0 to 1 (Cover & Hart 1967).

    A test sample gets the most frequent label of its k nearest training samples (Euclidean distance). Of equally frequent labels,
    the label of the nearest neighbour wins.

    Parameters
    ----------
    train, labels
        Latents ``(n, d)`` and labels ``(n,)`` of training samples.
    test, truth
        Latents ``(m, d)`` and labels ``(m,)`` of test samples.
    k
        Number of neighbours.
    """
    rows, _ = nearest(test, train, min(k, len(train)))
    votes = labels[rows]  # (m, k)
    counts = (votes[:, :, None] == votes[:, None]).sum(2)
    chosen = np.take_along_axis(votes, counts.argmax(1)[:, None], 1)[:, 0]
    return float((chosen == truth).mean())


def linear_accuracy(train: np.ndarray, labels: np.ndarray, test: np.ndarray, truth: np.ndarray) -> float:
    """Compute the accuracy of logistic regression on standardised latents, 0 to 1 (Alain & Bengio 2017, arXiv:1610.01644).

    Parameters
    ----------
    train, labels
        Latents ``(n, d)`` and labels ``(n,)`` of training samples.
    test, truth
        Latents ``(m, d)`` and labels ``(m,)`` of test samples.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a probe that has almost converged is good enough
        probe.fit(train, labels)
    return float(probe.score(test, truth))


def _measure(data: EvaluationData) -> dict[str, Figure]:
    labels = data.run.dataset.labels
    assert labels is not None
    train, test = (ids[labels[ids] >= 0] for ids in (data.train, data.test))
    if not len(test) or len(np.unique(labels[train])) < 2:
        return {}
    train_labels, test_labels = labels[train], labels[test]
    spaces = [(data.run.latents(train), data.run.latents(test)), (data.pca_latents(train), data.pca_latents(test))]
    figures = {}
    for key, accuracy in (("knn_accuracy", knn_accuracy), ("linear_accuracy", linear_accuracy)):
        own, pca = (accuracy(fitted, train_labels, scored, test_labels) for fitted, scored in spaces)
        figures[key] = Figure(own, pca)
    majority = np.bincount(train_labels).argmax()
    return figures | {"majority_accuracy": Figure(float((test_labels == majority).mean()))}


FAMILY = Family(
    name="probes",
    title="Labels predicted from latents",
    place=40,
    needs=frozenset({"results", "labels"}),
    metrics=(
        Metric(
            "knn_accuracy",
            f"kNN accuracy (k = {NEIGHBOURS})",
            "Share of the test samples whose label is the most frequent label of their nearest training samples "
            "(Cover & Hart 1967).",
            "higher",
            ".1%",
        ),
        Metric(
            "linear_accuracy",
            "Linear-probe accuracy",
            "Test accuracy of logistic regression on the latents, fitted on the training split (Alain & Bengio 2017).",
            "higher",
            ".1%",
        ),
        Metric(
            "majority_accuracy",
            "Most frequent label",
            "Test accuracy of always predicting the most frequent training label: a baseline for the probes.",
            "",
            ".1%",
        ),
    ),
    measure=_measure,
)
