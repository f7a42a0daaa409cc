"""The β-TC bottleneck: the parts of the KL divergence, and the effect of β."""

import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from aeexplorer.models.bottlenecks.beta_tc import BetaTC, decompose
from aeexplorer.models.bottlenecks.gaussian import Posterior


def posterior(mean: torch.Tensor, logvar: torch.Tensor) -> Posterior:
    return Posterior(mean, logvar, mean + torch.randn_like(mean) * (0.5 * logvar).exp())


def test_three_parts_add_up_to_the_kl() -> None:
    torch.manual_seed(0)
    mean, logvar = torch.randn(64, 3), 0.5 * torch.randn(64, 3) - 1
    sums = [torch.stack(decompose(posterior(mean, logvar))).sum(0).mean() for _ in range(300)]
    estimates = torch.stack(sums)
    exact = posterior(mean, logvar).kl.sum(1).mean()
    assert abs(estimates.mean() - exact) < 4 * estimates.std() / 300**0.5
    draw = posterior(mean, logvar)
    q = Normal(mean, (0.5 * logvar).exp()).log_prob(draw.latent).sum(1)
    p = Normal(0.0, 1.0).log_prob(draw.latent).sum(1)
    torch.testing.assert_close(torch.stack(decompose(draw)).sum(0), q - p, rtol=1e-4, atol=1e-4)


def test_total_correlation_of_known_gaussians() -> None:
    torch.manual_seed(0)
    covariance = torch.tensor([[1.0, 0.8], [0.8, 1.0]])
    own = 0.05  # variance of each posterior; the means contribute the rest
    mean = MultivariateNormal(torch.zeros(2), covariance - own * torch.eye(2)).sample((1500,))
    information, correlation, each = (part.mean() for part in decompose(posterior(mean, torch.full((1500, 2), own).log())))
    joint = MultivariateNormal(torch.zeros(2), covariance)
    exact = kl_divergence(joint, MultivariateNormal(torch.zeros(2), torch.eye(2)))
    assert abs(float(correlation) - float(exact)) < 0.06
    assert abs(float(each)) < 0.1
    narrow = MultivariateNormal(torch.zeros(2), own * torch.eye(2))
    assert abs(float(information) - float(joint.entropy() - narrow.entropy())) < 0.15


def test_beta_weighs_the_total_correlation_only() -> None:
    weights = BetaTC(beta=6.0, kl_warmup=0.0).build(8, 1)(torch.randn(4, 1, 8)).weights
    assert weights == {"kl": 1.0, "total_correlation": 5.0}
    assert BetaTC(beta=1.0, kl_warmup=0.0).build(8, 1)(torch.randn(4, 1, 8)).weights["total_correlation"] == 0


def test_parts_of_four_samples_equal_the_sums_of_their_formula() -> None:
    torch.manual_seed(0)
    mean, logvar = torch.randn(4, 2), torch.randn(4, 2)
    draw = posterior(mean, logvar)
    information, correlation, dimensionwise = decompose(draw)
    density = [[Normal(mean[j], logvar[j].exp().sqrt()).log_prob(draw.latent[i]).exp() for j in range(4)] for i in range(4)]
    for i in range(4):
        own, joint = density[i][i].prod().log(), torch.stack([density[i][j].prod() for j in range(4)]).mean().log()
        product = torch.stack(density[i]).mean(0).log().sum()
        prior = Normal(0.0, 1.0).log_prob(draw.latent[i]).sum()
        torch.testing.assert_close(information[i], own - joint, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(correlation[i], joint - product, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(dimensionwise[i], product - prior, rtol=1e-4, atol=1e-5)


def test_loss_has_the_kl_and_the_total_correlation_of_the_draws() -> None:
    torch.manual_seed(0)
    draw = posterior(torch.randn(4, 2), torch.randn(4, 2))
    losses, _ = BetaTC(beta=6.0).terms(draw)
    torch.testing.assert_close(losses["kl"], kl_divergence(Normal(draw.mean, (0.5 * draw.logvar).exp()), Normal(0.0, 1.0)).sum(1))
    torch.testing.assert_close(losses["total_correlation"], decompose(draw)[1])
