"""The MMD of the Wasserstein bottleneck."""

import torch

from aeexplorer.models.bottlenecks.wasserstein import KERNEL_SCALES, Wasserstein, mmd


def test_mmd_equals_the_double_sum_of_its_formula() -> None:
    torch.manual_seed(0)
    a, b = torch.randn(5, 3), torch.randn(5, 3) + 1

    def k(x: torch.Tensor, y: torch.Tensor) -> float:
        return sum(float(6 * s / (6 * s + (x - y).square().sum())) for s in KERNEL_SCALES)

    within = sum(k(p[i], p[j]) for p in (a, b) for i in range(5) for j in range(5) if i != j) / 20
    across = sum(k(x, y) for x in a for y in b) / 25
    assert abs(float(mmd(a, b)) - (within - 2 * across)) < 1e-4


def test_mmd_is_zero_on_average_for_equal_distributions_and_grows_with_distance() -> None:
    torch.manual_seed(0)
    draws = torch.stack([mmd(torch.randn(64, 4), torch.randn(64, 4)) for _ in range(300)])
    assert abs(float(draws.mean())) < 4 * float(draws.std()) / 300**0.5
    apart = [float(mmd(torch.randn(500, 4) + shift, torch.randn(500, 4))) for shift in (0.0, 0.3, 1.0, 3.0)]
    assert apart == sorted(apart)
    assert apart[2] > 10 * float(draws.std())
    assert float(mmd(0.5 * torch.randn(500, 4), torch.randn(500, 4))) > 10 * abs(apart[0])


def test_gradient_moves_latents_towards_the_prior() -> None:
    torch.manual_seed(0)
    latent = (0.3 * torch.randn(128, 2) + 2).requires_grad_()
    prior = torch.randn(128, 2)
    before = mmd(latent, prior)
    optimizer = torch.optim.Adam([latent], 0.1)
    for _ in range(40):
        optimizer.zero_grad()
        mmd(latent, prior).backward()
        optimizer.step()
    assert mmd(latent, prior).detach() < 0.1 * before.detach()
    assert latent.detach().mean(0).abs().max() < 1


def test_evaluation_uses_the_same_draws_every_time() -> None:
    bottleneck, h = Wasserstein(latent_dim=4, weight=7.0).build(8, 1), torch.randn(20, 1, 8)
    assert not torch.equal(bottleneck.train()(h).losses["mmd"], bottleneck(h).losses["mmd"])
    assert torch.equal(bottleneck.eval()(h).losses["mmd"], bottleneck(h).losses["mmd"])
    assert bottleneck(h).weights == {"mmd": 7.0}
