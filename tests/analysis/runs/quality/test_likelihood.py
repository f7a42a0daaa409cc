"""The bounds against a model whose likelihood is known, and against each other."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Independent, MultivariateNormal, Normal

from aeexplorer.analysis.runs.quality.base import Material
from aeexplorer.analysis.runs.quality.likelihood import FAMILY, importance_bound, log_weights
from aeexplorer.data.variants import Changes, make_variant
from aeexplorer.exchange.pair import described, pair_of
from aeexplorer.jobs import train
from aeexplorer.training.defaults import config_for
from aeexplorer.training.run import create_run


def test_weights_are_the_joint_over_the_posterior(trained) -> None:
    run = trained.runs["vae"]
    x = run.model.prepare(run.raw(np.arange(5)))
    with torch.inference_mode():
        torch.manual_seed(3)
        weights = log_weights(run.model, x, 4)
        torch.manual_seed(3)
        code = run.model.encode(x)
        posterior = Normal(code.mean, (0.5 * code.logvar).exp())
        drawn = code.mean + torch.randn(4, *code.mean.shape) * posterior.stddev
        for draw, found in zip(drawn, weights, strict=True):
            prior = Normal(0.0, 1.0).log_prob(draw).sum(1)
            wanted = prior - posterior.log_prob(draw).sum(1) - run.model.nll(draw, x)
            assert found.numpy() == pytest.approx(wanted.numpy(), abs=1e-3)


def test_the_nats_of_the_posterior_mean_are_those_of_the_model(trained) -> None:
    for run in (trained.runs["vae"], trained.runs["ae"]):
        x = run.model.prepare(run.raw(np.arange(7)))
        with torch.inference_mode():
            output = run.model(x)
            found = run.model.nll(output.code.latent, x)
        assert found.numpy() == pytest.approx(output.terms["reconstruction"].numpy(), rel=1e-4, abs=1e-3)


def test_the_bound_reaches_the_likelihood_of_a_linear_gaussian_model() -> None:
    """p(x | z) = N(Wz, σ²I): log p(x) is known, and a bad posterior needs many draws to come near it from below."""
    generator = torch.Generator().manual_seed(0)
    matrix, sigma = torch.randn(6, 2, generator=generator), 0.7
    x = torch.randn(6, generator=generator)
    truth = MultivariateNormal(torch.zeros(6), matrix @ matrix.T + sigma**2 * torch.eye(6)).log_prob(x)
    posterior = Independent(Normal(torch.zeros(2), torch.ones(2)), 1)
    drawn = torch.randn(20_000, 2, generator=generator)
    likelihood = Independent(Normal(drawn @ matrix.T, sigma), 1).log_prob(x)
    weights = (likelihood + Independent(Normal(torch.zeros(2), torch.ones(2)), 1).log_prob(drawn) - posterior.log_prob(drawn))[
        :, None
    ]
    assert float(importance_bound(weights)) == pytest.approx(float(truth), abs=0.2)
    few = float(importance_bound(weights[:8000].view(8, 1000)).mean())
    assert float(weights.mean()) < few < float(truth) + 0.05


def test_figures_of_a_run(trained) -> None:
    run = trained.runs["vae"]
    found = {key: figure.value for key, figure in FAMILY.measure(Material(run)).items()}
    known = run.metrics["test"]
    assert found["kl"] == pytest.approx(known["kl"], rel=1e-4)
    assert found["elbo"] == pytest.approx(known["elbo"], abs=0.5)
    assert found["elbo"] == pytest.approx(-found["reconstruction_nats"] - found["kl"])
    assert found["iwae"] > found["elbo"]
    assert found["bits_per_dimension"] == pytest.approx(-found["iwae"] / 64 / math.log(2) + math.log2(255))


def test_what_is_no_density_has_no_likelihood(workspace, make_blobs) -> None:
    changes = {"model.likelihood.kind": "ssim", "model.network": "dense", "model.hidden": 16, "training.epochs": 1}
    dataset = make_blobs(workspace, 80)
    run = create_run(workspace, config_for("vae", dataset, changes), "ssim", "vae")
    train(run, "cpu")
    assert FAMILY.measure(Material(run)) == {}


def test_bits_count_the_stored_grey_levels_however_channels_are_scaled(workspace, make_blobs) -> None:
    dataset = make_variant(workspace, make_blobs(workspace, 80), Changes(pixels="z-score"), divide=False)
    changes = {"model.network": "dense", "model.hidden": 16, "training.epochs": 1}
    run = create_run(workspace, config_for("vae", dataset, changes), "scaled", "vae")
    train(run, "cpu")
    found = {key: figure.value for key, figure in FAMILY.measure(Material(run)).items()}
    six_deviations = 6 * dataset.main_field.meta["channels"][0]["std"]
    level = 1 / 255 / six_deviations
    assert found["bits_per_dimension"] == pytest.approx(-found["iwae"] / 64 / math.log(2) - math.log2(level))
    (about,) = described(run, pair_of(run))["inputs"]
    assert about["scale"].endswith(f"divided by {six_deviations:.9g}")
