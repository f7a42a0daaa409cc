"""The distance against its closed form, and what it says of pictures."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from aeexplorer.analysis.runs.quality.base import Material
from aeexplorer.analysis.runs.quality.frechet import FAMILY, Features, frechet_distance


def test_the_distance_is_its_definition() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(500, 6)) @ rng.normal(size=(6, 6)), 1 + rng.normal(size=(400, 6))
    ca, cb = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    wanted = np.square(a.mean(0) - b.mean(0)).sum() + np.trace(ca + cb - 2 * sqrtm(ca @ cb).real)
    assert frechet_distance(a, b) == pytest.approx(wanted, rel=1e-6)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)


def test_features_are_the_same_in_every_process_and_leave_chance_alone() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, second = Features(3), Features(3)
    assert torch.equal(before, torch.get_rng_state())
    x = torch.rand(4, 3, 9, 13)
    assert torch.equal(first(x), second(x))
    assert first(x).shape == (4, 256)


@pytest.mark.parametrize("name", ["vae", "vq"])
def test_blurred_reconstructions_lie_farther_off_than_training_pictures(trained, name: str) -> None:
    found = FAMILY.measure(Material(trained.runs[name]))
    assert set(found) == {"fid_reconstructions", "fid_samples", "fid_training"}
    assert found["fid_training"].value < found["fid_reconstructions"].value
    assert found["fid_reconstructions"].pca is not None
