"""Neighbourhoods of the latent space, against scikit-learn."""

import pytest
from sklearn.manifold import trustworthiness

from aeexplorer.analysis.runs.quality.base import Material
from aeexplorer.analysis.runs.quality.neighbourhoods import FAMILY


def test_trustworthiness_is_scikit_learns_and_continuity_the_other_way_round(trained) -> None:
    run = trained.runs["vae"]
    ids = run.dataset.ids("test")
    found = FAMILY.measure(Material(run))
    samples, latents = run.dataset.main_field.array[ids].reshape(len(ids), -1) / 255, run.latents(ids)
    assert found["trustworthiness"].value == pytest.approx(trustworthiness(samples, latents, n_neighbors=10), abs=1e-4)
    assert found["continuity"].value == pytest.approx(trustworthiness(latents, samples, n_neighbors=10), abs=1e-4)
    assert found["trustworthiness"].pca is not None
