"""Metrics of the latent dimensions over a whole split."""

import numpy as np
import pytest
import torch

from aeexplorer.analysis.latents.dimensions import LatentDimensions, latent_dimensions
from aeexplorer.core.errors import UserError


def test_metrics_of_a_vae_are_computed_over_the_whole_split(trained) -> None:
    run = trained.runs["vae"]
    for split in ("test", "train"):
        ids = run.dataset.ids(split)
        with torch.inference_mode():
            code = run.model.encode(run.model.prepare(run.raw(ids)))
        kl = 0.5 * (code.mean.square() + code.logvar.exp() - 1 - code.logvar).mean(0)
        dimensions = latent_dimensions(run, split)
        assert dimensions.kl == pytest.approx(kl.numpy(), rel=1e-4)
        assert dimensions.variance == pytest.approx(run.latents(ids).var(0), rel=1e-4)
        assert dimensions.active == int((dimensions.variance > 0.01).sum())
    assert latent_dimensions(run).split == "test"


def test_without_a_posterior_only_the_variance_is_known(trained) -> None:
    dimensions = latent_dimensions(trained.runs["ae"])
    assert dimensions.kl is None
    assert dimensions.active is None
    assert dimensions.variance == pytest.approx(
        trained.runs["ae"].latents(trained.runs["ae"].dataset.ids("test")).var(0), rel=1e-4
    )


def test_dimensions_are_ordered_by_kl_or_else_by_variance() -> None:
    variance, kl = np.array([1.0, 5.0, 3.0]), np.array([0.2, 0.1, 4.0])
    assert LatentDimensions("test", variance, kl, 3).order.tolist() == [2, 0, 1]
    assert LatentDimensions("test", variance, None, None).order.tolist() == [1, 2, 0]


def test_a_codebook_has_no_metrics_per_dimension(trained) -> None:
    with pytest.raises(UserError, match="no figures of latent dimensions"):
        latent_dimensions(trained.runs["vq"])
