"""How well a direction separates samples that it was not fitted to, and the direction itself, against scikit-learn."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from aeexplorer.analysis.latents.concepts import (
    DIRECTION_KINDS,
    _auc,
    _cross_validated_auc,
    find_direction,
    latent_arithmetic,
    latent_neighbourhood,
)

POINTS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [3.0, 0.0], [0.0, 4.0], [9.0, 9.0]], np.float32)


def run_of(latents: np.ndarray) -> SimpleNamespace:
    """Return what these functions need of a run without labels."""
    dataset = SimpleNamespace(n=len(latents), labels=None, ids=lambda: np.arange(len(latents)))
    return SimpleNamespace(latents=lambda ids: latents[ids], dataset=dataset)


def test_area_under_the_curve_agrees_with_scikit_learn_also_with_ties() -> None:
    rng = np.random.default_rng(0)
    for round_to in (8, 0):
        positive, negative = rng.normal(0.5, 1, 40).round(round_to), rng.normal(0, 1, 70).round(round_to)
        expected = roc_auc_score(np.repeat([1, 0], [40, 70]), np.concatenate([positive, negative]))
        assert _auc(positive, negative) == pytest.approx(expected)
    assert _auc(np.array([2.0, 3.0]), np.array([1.0, 0.0])) == 1.0
    assert _auc(np.zeros(3), np.zeros(4)) == 0.5


@pytest.mark.parametrize("kind", DIRECTION_KINDS)
def test_a_direction_fitted_to_noise_separates_held_out_samples_by_chance_only(kind: str) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 30, 60))
    find = DIRECTION_KINDS[kind][1]
    vector = find(a, b)
    assert _auc(a @ vector, b @ vector) > 0.9  # on the samples of the fit
    held_out = _cross_validated_auc(find, a, b)
    assert held_out is not None
    assert 0.3 < held_out < 0.7


def test_each_sample_is_held_out_of_exactly_one_fit_and_scored_by_it() -> None:
    a, b = np.arange(10.0)[:, None] + 100, np.arange(15.0)[:, None]
    fits = []

    def find(some_a: np.ndarray, some_b: np.ndarray) -> np.ndarray:
        fits.append((set(some_a.ravel()), set(some_b.ravel())))
        return np.ones(1)

    assert _cross_validated_auc(find, a, b) == 1.0
    for side, points, size in ((0, a, 2), (1, b, 3)):
        held_out = [set(points.ravel()) - fit[side] for fit in fits]
        assert [len(part) for part in held_out] == [size] * 5
        assert set().union(*held_out) == set(points.ravel())


def test_a_direction_by_means_leads_from_one_mean_to_the_other() -> None:
    direction = find_direction(run_of(POINTS), np.array([3, 5]), np.array([0, 1, 2]), "means")
    assert direction.vector == pytest.approx([6 - 1 / 3, 4.5 - 2 / 3])
    assert direction.sizes == (2, 3)


def test_a_direction_by_regression_is_the_normal_in_the_latent_space_scaled_to_the_means() -> None:
    rng = np.random.default_rng(0)
    latents = (rng.normal(size=(120, 3)) * [1, 10, 0.1] + np.repeat([[0.5, 4, 0.05], [0, 0, 0]], 60, 0)).astype(np.float32)
    direction = find_direction(run_of(latents), np.arange(60), np.arange(60, 120), "logistic").vector
    scaler = StandardScaler().fit(latents)
    model = LogisticRegression(class_weight="balanced", max_iter=200)
    model.fit(scaler.transform(latents), np.repeat([1, 0], 60))
    steps = scaler.transform(np.eye(3)) - scaler.transform(np.zeros((1, 3)))  # the axes of the latent space, standardised
    normal = model.decision_function(steps) - model.intercept_
    unit = normal / np.linalg.norm(normal)
    assert direction == pytest.approx(unit * ((latents[:60].mean(0) - latents[60:].mean(0)) @ unit), rel=1e-3)


def test_arithmetic_adds_and_subtracts_and_neighbours_leave_out_the_excluded() -> None:
    run = run_of(POINTS)
    assert latent_arithmetic(run, 3, 1, 4).tolist() == [2.0, 4.0]
    found = latent_neighbourhood(run, POINTS[0], np.arange(6), POINTS, (0, 2), 3)
    assert found.ids.tolist() == [1, 3, 4]
    assert found.distances.tolist() == [1.0, 3.0, 4.0]
