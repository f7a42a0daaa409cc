"""Trustworthiness and continuity against scikit-learn."""

import pytest
from sklearn.manifold import trustworthiness

from aeexplorer.analysis.runs.quality.base import EvaluationData
from aeexplorer.analysis.runs.quality.neighbourhoods import FAMILY


def test_trustworthiness_and_continuity_agree_with_scikit_learn(trained) -> None:
    run = trained.runs["vae"]
    ids = run.dataset.ids("test")
    figures = FAMILY.measure(EvaluationData(run))
    samples, latents = run.dataset.main_field.array[ids].reshape(len(ids), -1) / 255, run.latents(ids)
    assert figures["trustworthiness"].value == pytest.approx(trustworthiness(samples, latents, n_neighbors=10), abs=1e-4)
    assert figures["continuity"].value == pytest.approx(trustworthiness(latents, samples, n_neighbors=10), abs=1e-4)
    assert figures["trustworthiness"].pca is not None
