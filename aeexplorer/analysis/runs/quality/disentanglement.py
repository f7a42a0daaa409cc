"""Whether single latents stand for single known factors: MIG, DCI and SAP, on datasets whose table has such columns."""

import numpy as np

from aeexplorer.analysis.factors import Factor, factors
from aeexplorer.analysis.runs.quality.base import Family, Figure, Material, Metric

BINS = 20
TREES = 50
LEAF = 5


def mutual_information_gap(latents: np.ndarray, known: list[Factor]) -> float:
    """MIG, 0 to 1: mean over factors of (I(best latent; factor) − I(second best; factor)) / H(factor).

    Latents and numeric factors in 20 equally filled bins (Chen et al. 2018, arXiv:1802.04942).

    Parameters
    ----------
    latents
        ``(n, d)``.
    known
        Factors of the same n samples.
    """
    bins = [_binned(column) for column in latents.T]
    gaps = []
    for factor in known:
        truth = factor.values if factor.categorical else _binned(factor.values)
        shared = sorted((_information(column, truth) for column in bins), reverse=True)
        gaps.append((shared[0] - (shared[1] if len(shared) > 1 else 0.0)) / _information(truth, truth))
    return float(np.mean(gaps))


def separated_attribute_predictability(latents: np.ndarray, known: list[Factor]) -> float:
    """SAP, 0 to 1: mean over factors of the gap between the two single latents that predict it best.

    Of a numeric factor by R² of a line, of a categorical one by the balanced accuracy of a linear classifier
    (Kumar et al. 2018, arXiv:1711.00848).
    """
    from sklearn.svm import LinearSVC

    scaled = (latents - latents.mean(0)) / np.maximum(latents.std(0), 1e-12)
    gaps = []
    for factor in known:
        if factor.categorical:
            scores = []
            for column in scaled.T:
                model = LinearSVC(C=0.01, class_weight="balanced", random_state=0).fit(column[:, None], factor.values)
                right = model.predict(column[:, None]) == factor.values
                scores.append(float(np.mean([right[factor.values == kind].mean() for kind in np.unique(factor.values)])))
        else:
            centred = factor.values - factor.values.mean()
            scores = ((scaled * centred[:, None]).mean(0) ** 2 / (centred**2).mean()).tolist()
        scores = sorted(scores, reverse=True)
        gaps.append(scores[0] - (scores[1] if len(scores) > 1 else 0.0))
    return float(np.mean(gaps))


def disentanglement_completeness_informativeness(
    train: np.ndarray, train_known: list[Factor], test: np.ndarray, test_known: list[Factor]
) -> tuple[float, float, float]:
    """DCI, each 0 to 1, from a random forest a factor (Eastwood & Williams 2018, ICLR).

    With P the forests' importances: disentanglement is 1 − the entropy of a latent's row of P, weighted by the row's
    importance; completeness the same of a factor's column; informativeness the mean test score (accuracy or R², at least 0).
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    importances, scores = [], []
    for factor, held_out in zip(train_known, test_known, strict=True):
        kind = RandomForestClassifier if factor.categorical else RandomForestRegressor
        forest = kind(TREES, min_samples_leaf=LEAF, random_state=0, n_jobs=1).fit(train, factor.values)
        importances.append(forest.feature_importances_)
        scores.append(max(0.0, float(forest.score(test, held_out.values))))
    shares = np.stack(importances, 1)  # (d, factors)
    weights = shares.sum(1) / max(shares.sum(), 1e-12)
    disentanglement = float(weights @ (1 - _entropies(shares)))
    return disentanglement, float((1 - _entropies(shares.T)).mean()), float(np.mean(scores))


def _entropies(rows: np.ndarray) -> np.ndarray:
    """Entropy of each row as a distribution, in units of that of the even one: ``(m, k) → (m,)``."""
    if rows.shape[1] < 2:
        return np.zeros(len(rows))
    share = rows / np.maximum(rows.sum(1, keepdims=True), 1e-12)
    return -(share * np.log(np.maximum(share, 1e-12))).sum(1) / np.log(rows.shape[1])


def _binned(values: np.ndarray) -> np.ndarray:
    edges = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.searchsorted(edges, values, side="right")


def _information(a: np.ndarray, b: np.ndarray) -> float:
    """I(a; b) in nats of two columns of small whole numbers."""
    joint = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(joint, (a, b), 1 / len(a))
    expected = np.outer(joint.sum(1), joint.sum(0))
    there = joint > 0
    return float((joint[there] * np.log(joint[there] / expected[there])).sum())


def _measure(material: Material) -> dict[str, Figure]:
    known = factors(material.run.dataset)
    train, test = ([Factor(f.name, f.values[ids]) for f in known] for ids in (material.train, material.test))
    results = []
    for latents in (material.run.latents, material.pca_latents):
        fitted, held_out = latents(material.train), latents(material.test)
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
            "Mutual information gap: how much more the best latent of a factor knows of it than the second best; over the "
            "training split (Chen et al. 2018).",
            "higher",
            ".3f",
        ),
        Metric(
            "sap",
            "SAP",
            "Separated attribute predictability: the same gap in how well one latent alone predicts the factor; over the "
            "training split (Kumar et al. 2018).",
            "higher",
            ".3f",
        ),
        Metric(
            "dci_disentanglement",
            "DCI disentanglement",
            "How far each latent is used for one factor only (Eastwood & Williams 2018).",
            "higher",
            ".3f",
        ),
        Metric("dci_completeness", "DCI completeness", "How far each factor is found in one latent only.", "higher", ".3f"),
        Metric(
            "dci_informativeness",
            "DCI informativeness",
            "How well the factors of the test split are predicted from the latents (accuracy or R²).",
            "higher",
            ".3f",
        ),
    ),
    measure=_measure,
)
