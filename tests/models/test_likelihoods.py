"""The likelihoods, compared with the distributions of torch."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch.distributions import Bernoulli as TorchBernoulli
from torch.distributions import ContinuousBernoulli as TorchContinuousBernoulli
from torch.distributions import Laplace as TorchLaplace
from torch.distributions import Normal

from aeexplorer.core.errors import UserError
from aeexplorer.core.registry import collect
from aeexplorer.data.dataset import Field
from aeexplorer.models.config import LIKELIHOODS, ModelConfig
from aeexplorer.models.likelihoods.base import Likelihood, LikelihoodSettings
from aeexplorer.models.likelihoods.bernoulli import BernoulliLikelihood
from aeexplorer.models.likelihoods.column_sigma import ColumnSigmaLikelihood
from aeexplorer.models.likelihoods.continuous_bernoulli import ContinuousBernoulliLikelihood
from aeexplorer.models.likelihoods.gaussian import GaussianLikelihood
from aeexplorer.models.likelihoods.huber import HuberLikelihood
from aeexplorer.models.likelihoods.laplace import LaplaceLikelihood
from aeexplorer.models.likelihoods.learned_sigma import LearnedSigmaLikelihood
from aeexplorer.models.likelihoods.optimal_sigma import OptimalSigmaLikelihood
from aeexplorer.models.likelihoods.ssim import SsimLikelihood, ssim
from aeexplorer.models.parts import PartSettings
from aeexplorer.training.config import RunConfig

TABLE = Field("row", "tabular", (12,), "float32", {}, Path())
PICTURE = Field("picture", "image", (3, 13, 9), "uint8", {}, Path())


@pytest.fixture
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return torch.randn(5, 12), torch.rand(5, 12)


def densities() -> list[LikelihoodSettings]:
    return [kind() for kind in collect(LIKELIHOODS, PartSettings).values() if kind.density]


def test_bernoulli_equals_torch(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    output, x = pair[0], (pair[1] > 0.5).float()
    torch.testing.assert_close(BernoulliLikelihood().nll(output, x), -TorchBernoulli(logits=output).log_prob(x).sum(1))
    torch.testing.assert_close(BernoulliLikelihood().mean(output), TorchBernoulli(logits=output).mean)


def test_continuous_bernoulli_equals_torch(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    output, x = 4 * pair[0], pair[1]
    expected = TorchContinuousBernoulli(logits=output.double())
    likelihood = ContinuousBernoulliLikelihood()
    torch.testing.assert_close(likelihood.nll(output, x), -expected.log_prob(x.double()).sum(1).float(), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(likelihood.mean(output), expected.mean.float(), rtol=1e-4, atol=1e-4)


def test_continuous_bernoulli_is_smooth_at_one_half() -> None:
    logits = torch.linspace(-1.2, 1.2, 2_401, requires_grad=True)
    likelihood = ContinuousBernoulliLikelihood()
    nats, mean = likelihood.nll(logits[:, None], torch.full((2_401, 1), 0.3)), likelihood.mean(logits)
    (slope,) = torch.autograd.grad(nats.sum(), logits)
    torch.testing.assert_close(slope, mean.detach() - 0.3, rtol=0, atol=1e-4)
    mean, nats = mean.detach(), nats.detach()
    assert float(mean.diff().min()) > 0
    assert float(mean[1_200]) == pytest.approx(0.5)
    assert float(nats[1_200]) == pytest.approx(0.0, abs=1e-6)


def test_gaussian_equals_torch(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    output, x = pair
    torch.testing.assert_close(GaussianLikelihood(0.3).nll(output, x), -Normal(output, 0.3).log_prob(x).sum(1))


def test_laplace_equals_torch(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    output, x = pair
    torch.testing.assert_close(LaplaceLikelihood(0.3).nll(output, x), -TorchLaplace(output, 0.3).log_prob(x).sum(1))
    torch.testing.assert_close(LaplaceLikelihood(0.5).nll(output, x), 2 * (output - x).abs().sum(1))


def test_huber_is_quadratic_within_delta_and_linear_beyond() -> None:
    likelihood, x = HuberLikelihood(0.2, 1.5), torch.zeros(1, 1)

    def rise(a: float, b: float) -> float:
        return float(likelihood.nll(torch.tensor([[b]]), x) - likelihood.nll(torch.tensor([[a]]), x))

    assert rise(0.0, 0.2) == pytest.approx(0.5)
    assert rise(1.0, 1.2) == pytest.approx(rise(2.0, 2.2), rel=1e-4)
    assert rise(1.0, 1.2) == pytest.approx(1.5, rel=1e-4)


@pytest.mark.parametrize("settings", densities(), ids=lambda settings: settings.name)
def test_densities_integrate_to_one(settings: LikelihoodSettings) -> None:
    likelihood = settings.build(TABLE).eval()
    binary, unit = settings.name == "bernoulli", "bernoulli" in settings.name
    x = torch.tensor([0.0, 1.0]) if binary else torch.linspace(0, 1, 20_001) if unit else torch.linspace(-30, 30, 60_001)
    with torch.no_grad():
        p = (-likelihood.nll(torch.full((len(x), 1), 0.7), x[:, None])).exp().double()
    total = float(p.sum()) if binary else float(torch.trapezoid(p, x.double()))
    assert total == pytest.approx(1.0, abs=1e-3)


def test_gaussian_at_the_default_sigma_is_pi_times_the_squared_error(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    output, x = pair
    nats = GaussianLikelihood(1 / math.sqrt(2 * math.pi)).nll(output, x)
    torch.testing.assert_close(nats, math.pi * (output - x).square().sum(1))


def test_optimal_sigma_is_the_best_fixed_sigma(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    output, x = pair
    best = float((output - x).square().mean().sqrt())
    optimal = OptimalSigmaLikelihood().train().nll(output, x).mean()
    torch.testing.assert_close(optimal, GaussianLikelihood(best).nll(output, x).mean())
    assert all(optimal < GaussianLikelihood(best * factor).nll(output, x).mean() for factor in (0.8, 1.25))


def test_optimal_sigma_uses_the_training_average_in_evaluation(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    output, x = pair
    likelihood = OptimalSigmaLikelihood().train()
    for _ in range(400):
        likelihood.nll(output, x)
    evaluated = likelihood.eval().nll(output[:1], x[:1])
    best = float((output - x).square().mean().sqrt())
    torch.testing.assert_close(evaluated, GaussianLikelihood(best).nll(output[:1], x[:1]), rtol=1e-3, atol=1e-3)


def test_average_of_log_sigma_moves_by_a_fiftieth_for_each_batch() -> None:
    likelihood = OptimalSigmaLikelihood().train()
    for error, expected in ((0.1, 0.98 * math.log(0.4) + 0.02 * math.log(0.1)), (0.0, None)):
        before = float(likelihood.log_sigma)
        likelihood.nll(torch.full((4, 3), error), torch.zeros(4, 3))
        after = 0.98 * before + 0.02 * math.log(max(error, 1 / 256))
        assert float(likelihood.log_sigma) == pytest.approx(after, rel=1e-5)
        assert expected is None or after == pytest.approx(expected)


def test_learned_sigma_converges_to_the_best_sigma(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    output, x = pair
    likelihood = LearnedSigmaLikelihood()
    optimizer = torch.optim.Adam(likelihood.parameters(), 0.05)
    for _ in range(300):
        optimizer.zero_grad()
        likelihood.nll(output, x).mean().backward()
        optimizer.step()
    assert float(likelihood.log_sigma.detach().exp()) == pytest.approx(float((output - x).square().mean().sqrt()), rel=1e-3)


@pytest.mark.parametrize("settings", densities(), ids=lambda settings: settings.name)
def test_missing_features_count_for_nothing(settings: LikelihoodSettings, pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    output, x = pair
    likelihood: Likelihood = settings.build(TABLE).eval()
    holes = x.clone()
    holes[:, 4:] = torch.nan
    nats = likelihood.nll(output.requires_grad_(), holes, ~holes.isnan())
    torch.testing.assert_close(nats, likelihood.nll(output[:, :4], x[:, :4]))
    (gradient,) = torch.autograd.grad(nats.sum(), output)
    assert gradient[:, :4].abs().min() > 0
    assert gradient[:, 4:].abs().max() == 0


def test_ssim_of_simple_pictures() -> None:
    torch.manual_seed(0)
    a = torch.rand(4, *PICTURE.shape)
    torch.testing.assert_close(ssim(a, a), torch.ones(4))
    light, dark = torch.full((1, 1, 12, 12), 0.8), torch.full((1, 1, 12, 12), 0.2)
    expected = (2 * 0.8 * 0.2 + 1e-4) / (0.8**2 + 0.2**2 + 1e-4)
    assert float(ssim(light, dark)) == pytest.approx(expected, rel=1e-4)
    assert float(ssim(a, 1 - a).max()) < 0.2
    assert ssim(torch.rand(2, 1, 1, 3), torch.rand(2, 1, 1, 3)).shape == (2,)


def test_ssim_agrees_with_windows_of_a_gaussian_of_one_and_a_half_pixels() -> None:
    generator = np.random.default_rng(0)
    a, b = generator.random((2, 14, 17))

    def local_mean(values: np.ndarray) -> np.ndarray:
        return gaussian_filter(values, 1.5, radius=5)[5:-5, 5:-5]

    mean_a, mean_b = local_mean(a), local_mean(b)
    covariance = [local_mean(p * q) - local_mean(p) * local_mean(q) for p, q in ((a, a), (b, b), (a, b))]
    luminance = (2 * mean_a * mean_b + 1e-4) / (mean_a**2 + mean_b**2 + 1e-4)
    structure = (2 * covariance[2] + 9e-4) / (covariance[0] + covariance[1] + 9e-4)
    value = ssim(*(torch.from_numpy(picture).float()[None, None] for picture in (a, b)))
    assert float(value) == pytest.approx((luminance * structure).mean(), abs=1e-5)


def test_ssim_loss_is_zero_for_equal_pictures_and_scaled_otherwise() -> None:
    torch.manual_seed(0)
    x, other = torch.rand(4, 351), torch.rand(4, 351)
    loss = SsimLikelihood(PICTURE.shape, 2.0)
    torch.testing.assert_close(loss.nll(x, x), torch.zeros(4), atol=1e-3, rtol=0)
    unlike = 1 - ssim(x.view(4, *PICTURE.shape), other.view(4, *PICTURE.shape))
    torch.testing.assert_close(loss.nll(x, other), 2 * 351 * unlike)


def test_ssim_refuses_tables_and_is_marked_as_no_density() -> None:
    settings = collect(LIKELIHOODS, PartSettings)["ssim"]
    with pytest.raises(UserError, match="the field row is tabular"):
        settings().build(TABLE)
    assert not settings.density
    assert "no density" in settings.title


def test_likelihoods_can_be_given_by_name_alone() -> None:
    config = ModelConfig.model_validate({"likelihood": "laplace"})
    assert config.likelihood == collect(LIKELIHOODS, PartSettings)["laplace"]()
    assert ModelConfig.model_validate(config.model_dump(mode="json")) == config
    run = RunConfig(dataset="ds").replace({"model.sigma": "0.3", "model.likelihood": "huber"})
    assert run.model.likelihood.model_dump() == {"kind": "huber", "sigma": 0.3, "delta": 1.0}


def test_each_column_has_the_sigma_of_its_own_error_with_a_prior_of_32_samples() -> None:
    likelihood = ColumnSigmaLikelihood(2).train()
    likelihood.variance.copy_(torch.tensor([0.04, 0.25]))
    x = torch.tensor([[0.0, 1.0], [0.4, math.nan], [0.8, 3.0], [1.2, 1.0]])
    output, known = torch.full((4, 2), 0.5), ~x.isnan()
    squares = (x - 0.5).square().nan_to_num()
    sigma = ((squares.sum(0) + 32 * likelihood.variance) / (torch.tensor([4, 3]) + 32)).sqrt()
    expected = -(Normal(output, sigma).log_prob(x.nan_to_num()) * known).sum(1)
    averages = 0.98 * likelihood.variance + 0.02 * squares.sum(0) / torch.tensor([4, 3])
    torch.testing.assert_close(likelihood.nll(output, x, known), expected)
    torch.testing.assert_close(likelihood.variance, averages)
    evaluated = -(Normal(output, averages.sqrt()).log_prob(x.nan_to_num()) * known).sum(1)
    torch.testing.assert_close(likelihood.eval().nll(output, x, known), evaluated)
    torch.testing.assert_close(likelihood.variance, averages)
