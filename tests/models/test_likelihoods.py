"""The likelihoods against torch's own distributions."""

import math

import pytest
import torch
from torch.distributions import Bernoulli as TorchBernoulli
from torch.distributions import Normal

from aeexplorer.models.likelihoods import Bernoulli, Gaussian, Likelihood, OptimalSigma


@pytest.fixture
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return torch.randn(5, 12), torch.rand(5, 12)


def test_bernoulli_is_torchs(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    output, x = pair[0], (pair[1] > 0.5).float()
    torch.testing.assert_close(Bernoulli().nll(output, x), -TorchBernoulli(logits=output).log_prob(x).sum(1))


def test_gaussian_is_torchs(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    output, x = pair
    torch.testing.assert_close(Gaussian(0.3).nll(output, x), -Normal(output, 0.3).log_prob(x).sum(1))


def test_at_the_default_sigma_the_loss_is_pi_times_the_squared_error(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    output, x = pair
    nats = Gaussian(1 / math.sqrt(2 * math.pi)).nll(output, x)
    torch.testing.assert_close(nats, math.pi * (output - x).square().sum(1))


def test_optimal_sigma_is_the_best_fixed_one(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    output, x = pair
    best = float((output - x).square().mean().sqrt())
    optimal = OptimalSigma().train().nll(output, x).mean()
    torch.testing.assert_close(optimal, Gaussian(best).nll(output, x).mean())
    assert all(optimal < Gaussian(best * factor).nll(output, x).mean() for factor in (0.8, 1.25))


def test_optimal_sigma_remembers_what_it_saw(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    output, x = pair
    likelihood = OptimalSigma().train()
    for _ in range(400):
        likelihood.nll(output, x)
    remembered = likelihood.eval().nll(output[:1], x[:1])
    best = float((output - x).square().mean().sqrt())
    torch.testing.assert_close(remembered, Gaussian(best).nll(output[:1], x[:1]), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("likelihood", [Bernoulli(), Gaussian(0.5), OptimalSigma().eval()])
def test_missing_features_count_for_nothing(likelihood: Likelihood, pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    output, x = pair
    holes = x.clone()
    holes[:, 4:] = torch.nan
    nats = likelihood.nll(output.requires_grad_(), holes, ~holes.isnan())
    torch.testing.assert_close(nats, likelihood.nll(output[:, :4], x[:, :4]))
    (gradient,) = torch.autograd.grad(nats.sum(), output)
    assert gradient[:, :4].abs().min() > 0
    assert gradient[:, 4:].abs().max() == 0
