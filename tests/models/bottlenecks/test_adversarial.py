"""The two losses of the adversarial bottleneck, and training with them."""

import torch
from scipy.stats import kstest
from torch.nn import functional

from aeexplorer.models.bottlenecks.adversarial import Adversarial, AdversarialBottleneck
from aeexplorer.models.bottlenecks.base import sample_prior


def build() -> tuple[AdversarialBottleneck, torch.Tensor]:
    torch.manual_seed(0)
    bottleneck = Adversarial(latent_dim=2, discriminator=32).build(6, 1)
    assert isinstance(bottleneck, AdversarialBottleneck)
    return bottleneck, torch.randn(256, 1, 6)


def test_each_loss_reaches_its_own_side_only() -> None:
    bottleneck, h = build()
    losses = bottleneck.train()(h).losses
    losses["adversarial"].mean().backward(retain_graph=True)
    assert all(p.grad is None for p in bottleneck.discriminator.parameters())
    assert bottleneck.to_latent.weight.grad is not None
    bottleneck.zero_grad()
    losses["discriminator"].mean().backward()
    assert bottleneck.to_latent.weight.grad is None
    assert all(p.grad is not None for p in bottleneck.discriminator.parameters())


def test_losses_are_cross_entropies() -> None:
    bottleneck, h = build()
    code = bottleneck.eval()(h)
    logits = bottleneck.discriminator(code.latent)
    expected = functional.binary_cross_entropy_with_logits(logits, torch.ones(256), reduction="none")
    torch.testing.assert_close(code.losses["adversarial"], expected)
    assert torch.equal(bottleneck(h).losses["discriminator"], code.losses["discriminator"])


def test_one_optimiser_moves_the_latents_to_the_prior() -> None:
    bottleneck, h = build()
    with torch.no_grad():
        bottleneck.to_latent.weight.mul_(0.2)
        bottleneck.to_latent.bias.fill_(2.0)
    optimizer = torch.optim.Adam(bottleneck.parameters(), 0.01)
    for _ in range(300):
        code = bottleneck.train()(h)
        optimizer.zero_grad()
        sum(loss.mean() for loss in code.losses.values()).backward()
        optimizer.step()
    latent = bottleneck(h).latent.detach()
    assert latent.mean(0).abs().max() < 0.7
    assert 0.5 < float(latent.std(0).min()) <= float(latent.std(0).max()) < 1.6


def test_discriminator_tells_draws_of_the_prior_from_latents() -> None:
    bottleneck, h = build()
    code = bottleneck.eval()(h)
    real, fake = bottleneck.discriminator(sample_prior(code.latent, fresh=False)), bottleneck.discriminator(code.latent)
    logits, truth = torch.stack([real, fake]), torch.stack([torch.ones(256), torch.zeros(256)])
    expected = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none").sum(0)
    torch.testing.assert_close(code.losses["discriminator"], expected)
    assert code.weights == {"adversarial": 0.5}


def test_prior_is_the_standard_normal() -> None:
    latent = torch.zeros(20_000, 2)
    torch.manual_seed(0)
    fresh, again, fixed = sample_prior(latent, True), sample_prior(latent, True), sample_prior(latent, False)
    assert not torch.equal(fresh, again)
    assert torch.equal(fixed, sample_prior(latent, False))
    for draws in (fresh, fixed):
        assert kstest(draws.flatten().numpy(), "norm").pvalue > 0.01
