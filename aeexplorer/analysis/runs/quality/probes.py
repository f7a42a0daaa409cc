"""What the latents know of the labels: classifiers fitted on the training split, scored on the test split."""

import warnings

import numpy as np

from aeexplorer.analysis.neighbours import nearest
from aeexplorer.analysis.runs.quality.base import Family, Figure, Material, Metric

NEIGHBOURS = 5


def knn_accuracy(train: np.ndarray, labels: np.ndarray, test: np.ndarray, truth: np.ndarray, k: int = NEIGHBOURS) -> float:
    """Share of the test latents whose k nearest training latents mostly have their label; ties go to the nearer neighbours."""
    rows, _ = nearest(test, train, min(k, len(train)))
    votes = labels[rows]
    counts = (votes[:, :, None] == votes[:, None]).sum(2)
    chosen = np.take_along_axis(votes, counts.argmax(1)[:, None], 1)[:, 0]
    return float((chosen == truth).mean())


def linear_accuracy(train: np.ndarray, labels: np.ndarray, test: np.ndarray, truth: np.ndarray) -> float:
    """Accuracy of logistic regression on the latents, each standardised (Alain & Bengio 2017, arXiv:1610.01644)."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a probe that is nearly there is as good
        probe.fit(train, labels)
    return float(probe.score(test, truth))


def _measure(material: Material) -> dict[str, Figure]:
    labels = material.run.dataset.labels
    assert labels is not None
    train, test = (ids[labels[ids] >= 0] for ids in (material.train, material.test))
    if not len(test) or len(np.unique(labels[train])) < 2:
        return {}
    known = labels[train], labels[test]
    sides = [(material.run.latents(train), material.run.latents(test)), (material.pca_latents(train), material.pca_latents(test))]
    found = {}
    for key, accuracy in (("knn_accuracy", knn_accuracy), ("linear_accuracy", linear_accuracy)):
        own, pca = (accuracy(fitted, known[0], scored, known[1]) for fitted, scored in sides)
        found[key] = Figure(own, pca)
    majority = np.bincount(known[0]).argmax()
    return found | {"majority_accuracy": Figure(float((known[1] == majority).mean()))}


FAMILY = Family(
    name="probes",
    title="Labels in the latents",
    place=40,
    needs=frozenset({"results", "labels"}),
    metrics=(
        Metric(
            "knn_accuracy",
            f"kNN accuracy (k = {NEIGHBOURS})",
            "Share of the test samples whose nearest training latents mostly have the same label.",
            "higher",
            ".1%",
        ),
        Metric(
            "linear_accuracy",
            "Linear-probe accuracy",
            "Logistic regression on the latents, fitted on the training split (Alain & Bengio 2017).",
            "higher",
            ".1%",
        ),
        Metric("majority_accuracy", "Most frequent label", "What always naming the most frequent label would reach.", "", ".1%"),
    ),
    measure=_measure,
)
