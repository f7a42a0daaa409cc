"""Disentanglement: MIG, SAP and DCI, for datasets whose table has columns with known factors of variation."""

import numpy as np

from aeexplorer.analysis.factors import Factor, factors
from aeexplorer.analysis.runs.quality.base import EvaluationData, Family, Figure, Metric

BINS = 20
"""Number of equally filled bins for a latent or a numeric factor."""
TREES = 50
"""Number of trees in a random forest."""
LEAF = 5
"""Smallest number of samples in a leaf."""


def mutual_information_gap(latents: np.ndarray, known: list[Factor]) -> float:
    """Compute the mutual information gap (MIG), 0 to 1 (Chen et al. 2018, arXiv:1802.04942).

    Mean over factors v of (I(z₁; v) − I(z₂; v)) / H(v), where z₁ and z₂ are the latents with the highest and second highest
    mutual information with v. Latents and numeric factors are divided into 20 equally filled bins.

    Parameters
    ----------
    latents
        Latents of n samples ``(n, d)``.
    known
        Factors of the same samples.

    Returns
    -------
    float
        1 if each factor is encoded in exactly one latent, 0 if every factor is encoded in two latents equally well.
    """
    bins = [_binned(column) for column in latents.T]
    gaps = []
    for factor in known:
        truth = factor.values if factor.is_categorical else _binned(factor.values)
        shared = sorted((_information(column, truth) for column in bins), reverse=True)
        gaps.append((shared[0] - (shared[1] if len(shared) > 1 else 0.0)) / _information(truth, truth))
    return float(np.mean(gaps))


def separated_attribute_predictability(latents: np.ndarray, known: list[Factor]) -> float:
    """Compute the separated attribute predictability (SAP), 0 to 1 (Kumar et al. 2018, arXiv:1711.00848).

    Mean over factors of the difference between the scores of the two single latents that predict the factor best. The score is
    R² of a linear regression for a numeric factor, and the balanced accuracy of a linear classifier for a categorical factor.

    Parameters
    ----------
    latents
        Latents of n samples ``(n, d)``.
    known
        Factors of the same samples.
    """
    from sklearn.svm import LinearSVC

    scaled = (latents - latents.mean(0)) / np.maximum(latents.std(0), 1e-12)
    gaps = []
    for factor in known:
        if factor.is_categorical:
            scores = []
            for column in scaled.T:
                model = LinearSVC(C=0.01, class_weight="balanced", random_state=0).fit(column[:, None], factor.values)
                correct = model.predict(column[:, None]) == factor.values
                scores.append(float(np.mean([correct[factor.values == kind].mean() for kind in np.unique(factor.values)])))
        else:
            # R² of a regression on one standardised latent is its squared correlation
            centred = factor.values - factor.values.mean()
            scores = ((scaled * centred[:, None]).mean(0) ** 2 / (centred**2).mean()).tolist()
        scores = sorted(scores, reverse=True)
        gaps.append(scores[0] - (scores[1] if len(scores) > 1 else 0.0))
    return float(np.mean(gaps))


def disentanglement_completeness_informativeness(
    train: np.ndarray, train_known: list[Factor], test: np.ndarray, test_known: list[Factor]
) -> tuple[float, float, float]:
    """Compute DCI from one random forest per factor (Eastwood & Williams 2018, ICLR).

    P ``(d, factors)`` holds the importance of each latent for each factor, and H is the entropy of a normalised row or column,
    divided by its maximum:

    - disentanglement: Σᵢ ρᵢ (1 − H(Pᵢ.)), with ρᵢ the share of latent i in all importances,
    - completeness: mean over factors j of 1 − H(P.ⱼ),
    - informativeness: mean test score of the forests (accuracy or R², at least 0).

    Parameters
    ----------
    train, test
        Latents ``(n, d)`` of training and test samples.
    train_known, test_known
        Factors of the same samples.

    Returns
    -------
    tuple of float
        Disentanglement, completeness and informativeness, each 0 to 1.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    importances, scores = [], []
    for factor, held_out in zip(train_known, test_known, strict=True):
        kind = RandomForestClassifier if factor.is_categorical else RandomForestRegressor
        forest = kind(TREES, min_samples_leaf=LEAF, random_state=0, n_jobs=1).fit(train, factor.values)
        importances.append(forest.feature_importances_)
        scores.append(max(0.0, float(forest.score(test, held_out.values))))
    shares = np.stack(importances, 1)  # (d, factors)
    weights = shares.sum(1) / max(shares.sum(), 1e-12)
    disentanglement = float(weights @ (1 - _entropies(shares)))
    return disentanglement, float((1 - _entropies(shares.T)).mean()), float(np.mean(scores))


def _entropies(rows: np.ndarray) -> np.ndarray:
    """Compute the entropy of each normalised row, divided by the entropy of the uniform distribution: ``(m, k) → (m,)``."""
    if rows.shape[1] < 2:
        return np.zeros(len(rows))
    share = rows / np.maximum(rows.sum(1, keepdims=True), 1e-12)
    return -(share * np.log(np.maximum(share, 1e-12))).sum(1) / np.log(rows.shape[1])


def _binned(values: np.ndarray) -> np.ndarray:
    """Return the index of the equally filled bin of each value."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.searchsorted(edges, values, side="right")


def _information(a: np.ndarray, b: np.ndarray) -> float:
    """Compute the mutual information I(a; b) of two columns of small non-negative integers, in nats."""
    joint = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(joint, (a, b), 1 / len(a))
    expected = np.outer(joint.sum(1), joint.sum(0))
    occurs = joint > 0
    return float((joint[occurs] * np.log(joint[occurs] / expected[occurs])).sum())


def _measure(data: EvaluationData) -> dict[str, Figure]:
    known = factors(data.run.dataset)
    train, test = ([Factor(f.name, f.values[ids]) for f in known] for ids in (data.train, data.test))
    results = []
    for latents in (data.run.latents, data.pca_latents):
        fitted, held_out = latents(data.train), latents(data.test)
        dci = disentanglement_completeness_informativeness(fitted, train, held_out, test)
        results.append((mutual_information_gap(fitted, train), separated_attribute_predictability(fitted, train), *dci))
    keys = [metric.key for metric in FAMILY.metrics]
    return {key: Figure(own, pca) for key, own, pca in zip(keys, *results, strict=True)}


FAMILY = Family(
    name="disentanglement",
    title="Disentanglement",
    place=60,
    needs=frozenset({"results", "dimensions", "factors"}),
    metrics=(
        Metric(
            "mig",
            "MIG",
            "Mutual information gap: how much more the best latent knows about a factor than the second best latent, on the "
            "training split (Chen et al. 2018).",
            "higher",
            ".3f",
        ),
        Metric(
            "sap",
            "SAP",
            "Separated attribute predictability: how much better the best latent predicts a factor than the second best latent, "
            "on the training split (Kumar et al. 2018).",
            "higher",
            ".3f",
        ),
        Metric(
            "dci_disentanglement",
            "DCI disentanglement",
            "Whether each latent is used for only one factor (Eastwood & Williams 2018).",
            "higher",
            ".3f",
        ),
        Metric(
            "dci_completeness",
            "DCI completeness",
            "Whether each factor is encoded in only one latent (Eastwood & Williams 2018).",
            "higher",
            ".3f",
        ),
        Metric(
            "dci_informativeness",
            "DCI informativeness",
            "How well the factors of the test split are predicted from the latents (accuracy or R²; Eastwood & Williams 2018).",
            "higher",
            ".3f",
        ),
    ),
    measure=_measure,
)
