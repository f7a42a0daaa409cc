"""Disentanglement scores are high for latents that equal the factors, and low for latents that mix them."""

import numpy as np
import pytest
from scipy.linalg import hadamard
from sklearn.feature_selection import mutual_info_classif
from sklearn.metrics import mutual_info_score

from aeexplorer.analysis.factors import Factor, factors
from aeexplorer.analysis.runs.quality.base import EvaluationData
from aeexplorer.analysis.runs.quality.disentanglement import (
    FAMILY,
    _binned,
    _information,
    disentanglement_completeness_informativeness,
    mutual_information_gap,
    separated_attribute_predictability,
)


def factor_latents(n: int = 3_000) -> tuple[np.ndarray, list[Factor]]:
    """Return latents that each encode one factor or noise, and the factors."""
    rng = np.random.default_rng(0)
    size, x, kind = rng.uniform(1, 2, n), rng.uniform(-3, 3, n), rng.integers(0, 4, n)
    noise = rng.normal(size=n)
    latents = np.stack([10 * x, noise, kind + 0.01 * rng.normal(size=n), -size], 1)
    return latents, [Factor("size", size), Factor("x", x), Factor("kind", kind)]


def mix(latents: np.ndarray) -> np.ndarray:
    """Mix the latents: each result is an equal part of all latents."""
    return (latents / latents.std(0)) @ hadamard(4) / 2


def test_mutual_information_agrees_with_scikit_learn() -> None:
    latents, (size, _, kind) = factor_latents()
    binned = _binned(latents[:, 3])
    assert np.bincount(binned).tolist() == [150] * 20
    assert _information(binned, _binned(size.values)) == pytest.approx(mutual_info_score(binned, _binned(size.values)))
    assert _information(_binned(latents[:, 2]), kind.values) == pytest.approx(
        mutual_info_classif(kind.values[:, None], _binned(latents[:, 2]), discrete_features=True)[0]
    )


def test_latents_that_equal_the_factors_score_higher_than_mixed_latents() -> None:
    latents, truth = factor_latents()
    mixed = mix(latents)
    assert mutual_information_gap(latents, truth) > 0.9
    assert mutual_information_gap(mixed, truth) < 0.4
    assert separated_attribute_predictability(latents, truth) > separated_attribute_predictability(mixed, truth) + 0.2
    halves = slice(None, 2_000), slice(2_000, None)

    def dci(z: np.ndarray) -> tuple[float, float, float]:
        parts = [(z[half], [Factor(f.name, f.values[half]) for f in truth]) for half in halves]
        return disentanglement_completeness_informativeness(*parts[0], *parts[1])

    assert min(dci(latents)) > 0.9
    mixed_scores = dci(mixed)
    assert max(mixed_scores[:2]) < 0.6
    assert mixed_scores[2] > 0.5


def test_sap_of_numeric_factors_is_the_gap_of_r_squared() -> None:
    latents, truth = factor_latents()
    squares = sorted((np.corrcoef(column, truth[0].values)[0, 1] ** 2 for column in latents.T), reverse=True)
    assert separated_attribute_predictability(latents, truth[:1]) == pytest.approx(squares[0] - squares[1])


def test_columns_of_the_table_are_factors(trained) -> None:
    run = trained.runs["vae"]
    ink, hand = factors(run.dataset)
    assert (ink.name, ink.is_categorical, hand.name, hand.is_categorical) == ("ink", False, "hand", True)
    assert np.array_equal(hand.values == 0, np.arange(400) % 5 == 0)
    figures = FAMILY.measure(EvaluationData(run))
    assert set(figures) == {metric.key for metric in FAMILY.metrics}
    assert all(0 <= figure.value <= 1 and figure.pca is not None for figure in figures.values())
