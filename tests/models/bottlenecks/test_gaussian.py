"""The Gaussian bottleneck, compared with its formula."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from aeexplorer.models.bottlenecks.base import Code
from aeexplorer.models.bottlenecks.deterministic import Deterministic
from aeexplorer.models.bottlenecks.gaussian import Gaussian, Posterior, VariationalBottleneck, kl_to_standard_normal


def test_kl_equals_torch() -> None:
    torch.manual_seed(0)
    mean, logvar = torch.randn(7, 3), torch.randn(7, 3)
    expected = kl_divergence(Normal(mean, (0.5 * logvar).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(kl_to_standard_normal(mean, logvar), expected)


def test_kl_weight_grows_over_the_warm_up() -> None:
    bottleneck = Gaussian(beta=4.0, kl_warmup=0.2).build(8, 1)
    h = torch.randn(3, 1, 8)
    weights = [bottleneck(h, progress).weights["kl"] for progress in (0.0, 0.1, 0.2, 0.9)]
    assert weights == pytest.approx([0.0, 2.0, 4.0, 4.0])


def test_vae_draws_in_training_and_uses_the_mean_otherwise() -> None:
    bottleneck, h = Gaussian(latent_dim=4).build(8, 1), torch.randn(3, 1, 8)
    assert not torch.equal(bottleneck.train()(h).z, bottleneck(h).z)
    assert torch.equal(bottleneck.eval()(h).z, bottleneck(h).z)


def test_vae_without_beta_and_variance_is_an_autoencoder() -> None:
    torch.manual_seed(0)
    vae = Gaussian(latent_dim=4, beta=0.0).build(8, 2)
    plain = Deterministic(latent_dim=4).build(8, 2)
    assert isinstance(vae, VariationalBottleneck)
    with torch.no_grad():
        vae.to_posterior.weight[4:].zero_()
        vae.to_posterior.bias[4:] = -1e9  # clamped to a standard deviation of e⁻⁵
    matrices = vae.state_dict()
    plain.load_state_dict(
        {
            "to_latent.weight": matrices["to_posterior.weight"][:4],
            "to_latent.bias": matrices["to_posterior.bias"][:4],
            "from_latent.weight": matrices["from_latent.weight"],
            "from_latent.bias": matrices["from_latent.bias"],
        }
    )
    h = torch.randn(5, 2, 8)
    code, expected = vae.train()(h), plain(h)
    torch.testing.assert_close(code.latent, expected.latent)
    torch.testing.assert_close(code.z, expected.z, atol=0.05, rtol=0)
    torch.testing.assert_close(vae.eval()(h).z, expected.z)
    assert all(code.weights[name] == 0 for name in code.losses)


def test_active_units_have_means_that_vary() -> None:
    mean = torch.zeros(100, 3)
    mean[:, 0] = torch.linspace(-1, 1, 100)
    mean[:, 1] = torch.linspace(-0.05, 0.05, 100)
    code = Code(z=torch.empty(0), latent=mean, mean=mean, logvar=torch.zeros(100, 3))
    assert Gaussian(latent_dim=3).build(8, 1).statistics(code)["active_units"] == 1


def test_first_nats_of_each_dimension_are_free_with_free_bits() -> None:
    torch.manual_seed(0)
    mean = (torch.randn(50, 3) * torch.tensor([0.1, 1.0, 3.0])).requires_grad_()
    logvar = torch.zeros(50, 3)
    settings = Gaussian(latent_dim=3, beta=2.0, free_bits=0.25)
    losses, weights = settings.terms(Posterior(mean, logvar, mean))
    each = kl_to_standard_normal(mean, logvar).mean(0)
    assert float(each.detach()[0]) < 0.25 < float(each.detach()[1])
    torch.testing.assert_close(losses["kl"].mean(), each.sum())
    cost = torch.stack([weights[name] * loss.mean() for name, loss in losses.items()]).sum()
    torch.testing.assert_close(cost, 2 * each.clamp_min(0.25).sum())
    (gradient,) = torch.autograd.grad(cost, mean)
    assert gradient[:, 0].abs().max() < 1e-6
    assert gradient[:, 1:].abs().min() > 0


def test_latents_are_drawn_with_the_deviation_of_the_posterior_not_its_variance() -> None:
    torch.manual_seed(0)
    bottleneck, h = Gaussian(latent_dim=4).build(8, 2).train(), torch.randn(5, 2, 8)
    with torch.no_grad():
        bottleneck.to_posterior.bias[4:] = torch.tensor([-3.0, -1.0, 1.0, 3.0])
    torch.manual_seed(1)
    code = bottleneck(h)
    torch.manual_seed(1)
    assert code.mean is not None
    assert code.logvar is not None
    torch.testing.assert_close(code.latent, code.mean)
    posterior = Normal(code.mean, code.logvar.exp().sqrt())
    drawn = posterior.loc + posterior.scale * torch.randn(5, 4)
    torch.testing.assert_close(code.z, bottleneck.expand(drawn))
    # finite differences of the decoder's input in the log-variances, with the same noise
    gradient = torch.autograd.grad(code.z.sum(), bottleneck.to_posterior.bias)[0][4:]
    for dimension in range(4):
        sums = []
        for change in (-1e-2, 1e-2):
            with torch.no_grad():
                bottleneck.to_posterior.bias[4 + dimension] += change
                torch.manual_seed(1)
                sums.append(float(bottleneck(h).z.double().sum()))
                bottleneck.to_posterior.bias[4 + dimension] -= change
        assert (sums[1] - sums[0]) / 2e-2 == pytest.approx(float(gradient[dimension]), rel=1e-2, abs=1e-3)


def test_free_bits_are_compared_with_the_mean_over_the_batch_not_the_sum() -> None:
    mean = torch.full((4, 1), 0.6, requires_grad=True)  # KL ½·0.36 = 0.18 of each sample, 0.72 of all four
    losses, _ = Gaussian(latent_dim=1, free_bits=0.5).terms(Posterior(mean, torch.zeros(4, 1), mean))
    total = losses["kl"] + losses["free_bits"]
    torch.testing.assert_close(total, torch.full((4,), 0.5))
    (gradient,) = torch.autograd.grad(total.sum(), mean)
    assert gradient.abs().max() == 0


def test_log_variances_are_limited_on_both_sides() -> None:
    bottleneck = Gaussian(latent_dim=2).build(8, 1)
    with torch.no_grad():
        bottleneck.to_posterior.bias[2:] = torch.tensor([1e3, -1e3])
    code = bottleneck(torch.randn(3, 1, 8))
    assert code.logvar is not None
    assert torch.equal(code.logvar, torch.tensor([[10.0, -10.0]] * 3))


def test_latent_variance_is_that_of_the_means_and_kl_that_of_each_dimension() -> None:
    mean, logvar = torch.tensor([[1.0, 0.0], [3.0, 0.0], [1.0, 0.0], [3.0, 0.0]]), torch.full((4, 2), 2.0)
    code = Code(z=torch.empty(0), latent=mean, mean=mean, logvar=logvar)
    statistics = Gaussian(latent_dim=2).build(8, 1).statistics(code)
    assert statistics["latent_variance"] == pytest.approx([1.0, 0.0])
    expected = kl_divergence(Normal(mean, logvar.exp().sqrt()), Normal(0.0, 1.0)).mean(0)
    assert statistics["kl_per_dimension"] == pytest.approx(expected.tolist())
