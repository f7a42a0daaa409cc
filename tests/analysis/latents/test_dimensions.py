"""Figures of latent dimensions are those over the whole split."""

import numpy as np
import pytest
import torch

from aeexplorer.analysis.latents.dimensions import LatentDimensions, latent_dimensions
from aeexplorer.core.errors import UserError


def test_figures_of_a_vae_are_computed_over_the_whole_split(trained) -> None:
    run = trained.runs["vae"]
    for split in ("test", "train"):
        ids = run.dataset.ids(split)
        with torch.inference_mode():
            code = run.model.encode(run.model.prepare(run.raw(ids)))
        kl = 0.5 * (code.mean.square() + code.logvar.exp() - 1 - code.logvar).mean(0)
        found = latent_dimensions(run, split)
        assert found.kl == pytest.approx(kl.numpy(), rel=1e-4)
        assert found.variance == pytest.approx(run.latents(ids).var(0), rel=1e-4)
        assert found.active == int((found.variance > 0.01).sum())
    assert latent_dimensions(run).split == "test"


def test_without_a_posterior_there_is_the_variance(trained) -> None:
    found = latent_dimensions(trained.runs["ae"])
    assert found.kl is None
    assert found.active is None
    assert found.variance == pytest.approx(trained.runs["ae"].latents(trained.runs["ae"].dataset.ids("test")).var(0), rel=1e-4)


def test_most_comes_first_by_kl_where_it_is_known() -> None:
    variance, kl = np.array([1.0, 5.0, 3.0]), np.array([0.2, 0.1, 4.0])
    assert LatentDimensions("test", variance, kl, 3).order.tolist() == [2, 0, 1]
    assert LatentDimensions("test", variance, None, None).order.tolist() == [1, 2, 0]


def test_a_codebook_has_no_such_figures(trained) -> None:
    with pytest.raises(UserError, match="no figures of latent dimensions"):
        latent_dimensions(trained.runs["vq"])
