"""Fréchet distance against its definition, and on pictures."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from aeexplorer.analysis.runs.quality.base import EvaluationData
from aeexplorer.analysis.runs.quality.frechet import FAMILY, RandomFeatures, frechet_distance


def test_distance_matches_its_definition() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(500, 6)) @ rng.normal(size=(6, 6)), 1 + rng.normal(size=(400, 6))
    ca, cb = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    expected = np.square(a.mean(0) - b.mean(0)).sum() + np.trace(ca + cb - 2 * sqrtm(ca @ cb).real)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)


def test_features_are_deterministic_and_keep_the_random_state() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, second = RandomFeatures(3), RandomFeatures(3)
    assert torch.equal(before, torch.get_rng_state())
    x = torch.rand(4, 3, 9, 13)
    assert torch.equal(first(x), second(x))
    assert first(x).shape == (4, 256)


@pytest.mark.parametrize("name", ["vae", "vq"])
def test_reconstructions_are_farther_from_test_pictures_than_training_pictures(trained, name: str) -> None:
    figures = FAMILY.measure(EvaluationData(trained.runs[name]))
    assert set(figures) == {"fid_reconstructions", "fid_samples", "fid_training"}
    assert figures["fid_training"].value < figures["fid_reconstructions"].value
    assert figures["fid_reconstructions"].pca is not None
