"""MIG, SAP and DCI of uneven latents, put together from scikit-learn's parts."""

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import balanced_accuracy_score, mutual_info_score
from sklearn.svm import LinearSVC

from aeexplorer.analysis.factors import Factor
from aeexplorer.analysis.runs.quality.disentanglement import (
    LEAF,
    TREES,
    disentanglement_completeness_informativeness,
    mutual_information_gap,
    separated_attribute_predictability,
)


def uneven(n: int = 240) -> tuple[np.ndarray, list[Factor]]:
    """Return four latents, two of which tell about the same rare category, and two factors."""
    rng = np.random.default_rng(0)
    kind, size = (rng.random(n) < 0.15).astype(int), rng.integers(0, 6, n).astype(float)
    columns = [kind + rng.integers(0, 2, n), kind * (rng.random(n) < 0.7), size + rng.integers(0, 3, n), rng.integers(0, 3, n)]
    return np.stack(columns, 1).astype(float), [Factor("kind", kind), Factor("size", size)]


def test_mig_is_the_gap_between_the_two_best_latents_over_the_entropy() -> None:
    latents, (kind, size) = uneven()
    for factor in (kind, size):  # all columns have fewer values than bins
        values = np.unique(factor.values, return_inverse=True)[1]
        best = sorted((mutual_info_score(column, values) for column in latents.T), reverse=True)
        expected = (best[0] - best[1]) / entropy(np.bincount(values))
        assert best[1] > best[2] + 0.01
        assert mutual_information_gap(latents, [factor]) == pytest.approx(expected, abs=1e-6)
        assert mutual_information_gap(latents[:, :1], [factor]) == pytest.approx(
            mutual_info_score(latents[:, 0], values) / entropy(np.bincount(values))
        )


def test_sap_of_a_rare_category_is_the_gap_of_balanced_accuracies() -> None:
    latents, (kind, _) = uneven()
    scores = []
    for column in ((latents - latents.mean(0)) / latents.std(0)).T:
        model = LinearSVC(C=0.01, class_weight="balanced", random_state=0).fit(column[:, None], kind.values)
        scores.append(balanced_accuracy_score(kind.values, model.predict(column[:, None])))
    best = sorted(scores, reverse=True)
    assert separated_attribute_predictability(latents, [kind]) == pytest.approx(best[0] - best[1])


def test_dci_weighs_latents_by_their_importance_and_scores_held_out_samples() -> None:
    latents, known = uneven()
    train, test = slice(0, 160), slice(160, 240)
    importances, scores = [], []
    for factor, kind in zip(known, (RandomForestClassifier, RandomForestRegressor), strict=True):
        forest = kind(TREES, min_samples_leaf=LEAF, random_state=0, n_jobs=1).fit(latents[train], factor.values[train])
        importances.append(forest.feature_importances_)
        scores.append(forest.score(latents[test], factor.values[test]))
    table = np.stack(importances, 1)  # (latents, factors)
    weights = table.sum(1) / table.sum()
    disentanglement = weights @ (1 - entropy(table, axis=1) / np.log(2))
    completeness = np.mean(1 - entropy(table, axis=0) / np.log(4))
    parts = [[Factor(factor.name, factor.values[part]) for factor in known] for part in (train, test)]
    scored = disentanglement_completeness_informativeness(latents[train], parts[0], latents[test], parts[1])
    assert scored == pytest.approx((disentanglement, completeness, np.mean(scores)))
