"""Bounds against a model with a known likelihood, and against each other."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Independent, MultivariateNormal, Normal

from aeexplorer.analysis.runs.quality.base import EvaluationData
from aeexplorer.analysis.runs.quality.likelihood import FAMILY, importance_bound, log_weights
from aeexplorer.data.variants import VariantOptions, make_variant
from aeexplorer.exchange.pair import build_run_pair, describe_pair
from aeexplorer.jobs import train
from aeexplorer.training.create import create_run
from aeexplorer.training.defaults import config_for


def test_log_weights_are_joint_minus_posterior(trained) -> None:
    run = trained.runs["vae"]
    x = run.model.prepare(run.raw(np.arange(5)))
    with torch.inference_mode():
        torch.manual_seed(3)
        weights = log_weights(run.model, x, 4)
        torch.manual_seed(3)
        code = run.model.encode(x)
        posterior = Normal(code.mean, (0.5 * code.logvar).exp())
        drawn = code.mean + torch.randn(4, *code.mean.shape) * posterior.stddev
        for draw, log_weight in zip(drawn, weights, strict=True):
            prior = Normal(0.0, 1.0).log_prob(draw).sum(1)
            expected = prior - posterior.log_prob(draw).sum(1) - run.model.nll(draw, x)
            assert log_weight.numpy() == pytest.approx(expected.numpy(), abs=1e-3)


def test_nll_of_the_posterior_mean_matches_the_model(trained) -> None:
    for run in (trained.runs["vae"], trained.runs["ae"]):
        x = run.model.prepare(run.raw(np.arange(7)))
        with torch.inference_mode():
            output = run.model(x)
            nll = run.model.nll(output.code.latent, x)
        assert nll.numpy() == pytest.approx(output.terms["reconstruction"].numpy(), rel=1e-4, abs=1e-3)


def test_bound_reaches_the_likelihood_of_a_linear_gaussian_model() -> None:
    """For p(x | z) = N(Wz, σ²I), log p(x) is known. A bad posterior needs many draws to approach it from below."""
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


def test_metrics_of_a_run(trained) -> None:
    run = trained.runs["vae"]
    values = {key: figure.value for key, figure in FAMILY.measure(EvaluationData(run)).items()}
    training = run.metrics["test"]
    assert values["kl"] == pytest.approx(training["kl"], rel=1e-4)
    assert values["elbo"] == pytest.approx(training["elbo"], abs=0.5)
    assert values["elbo"] == pytest.approx(-values["reconstruction_nats"] - values["kl"])
    assert values["iwae"] > values["elbo"]
    assert values["bits_per_dimension"] == pytest.approx(-values["iwae"] / 64 / math.log(2) + math.log2(255))


def test_likelihood_that_is_not_a_density_has_no_metrics(workspace, make_blobs) -> None:
    changes = {"model.likelihood.kind": "ssim", "model.network": "dense", "model.hidden": 16, "training.epochs": 1}
    dataset = make_blobs(workspace, 80)
    run = create_run(workspace, config_for("vae", dataset, changes), "ssim", "vae")
    train(run, "cpu")
    assert FAMILY.measure(EvaluationData(run)) == {}


def test_bits_refer_to_stored_grey_levels_for_scaled_channels(workspace, make_blobs) -> None:
    dataset = make_variant(workspace, make_blobs(workspace, 80), VariantOptions(pixels="z-score"), divide=False)
    changes = {"model.network": "dense", "model.hidden": 16, "training.epochs": 1}
    run = create_run(workspace, config_for("vae", dataset, changes), "scaled", "vae")
    train(run, "cpu")
    values = {key: figure.value for key, figure in FAMILY.measure(EvaluationData(run)).items()}
    six_deviations = 6 * dataset.main_field.meta["channels"][0]["std"]
    level = 1 / 255 / six_deviations
    assert values["bits_per_dimension"] == pytest.approx(-values["iwae"] / 64 / math.log(2) - math.log2(level))
    (about,) = describe_pair(run, build_run_pair(run))["inputs"]
    assert about["scale"].endswith(f"divided by {six_deviations:.9g}")


def test_the_bound_stands_beside_probabilistic_pca_with_as_many_components_as_active_units(trained) -> None:
    run = trained.runs["vae"]
    data = EvaluationData(run)
    figures = FAMILY.measure(data)
    active = max(1, int(run.metrics["test"]["active_units"]))
    x = next(data.inputs(data.test, len(data.test)))
    variances, axes = data.pca.variances[:active].double(), data.pca.axes[:, :active].double()
    rest = (data.pca.total - float(variances.sum())) / (64 - active)
    covariance = rest * torch.eye(64, dtype=torch.double) + axes @ torch.diag(variances - rest) @ axes.T
    expected = MultivariateNormal(data.pca.mean.double(), covariance).log_prob(x["image"].flatten(1).double()).mean()
    assert figures["iwae"].pca == pytest.approx(float(expected), rel=1e-3)
    assert "bits_per_token" not in figures
