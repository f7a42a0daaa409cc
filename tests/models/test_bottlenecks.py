"""Each bottleneck against its formula."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from aeexplorer.models.bottlenecks.base import Code
from aeexplorer.models.bottlenecks.gaussian import Gaussian, kl_to_standard_normal
from aeexplorer.models.bottlenecks.vector_quantized import VectorQuantized, VectorQuantizer, nearest


def test_kl_is_torchs() -> None:
    torch.manual_seed(0)
    mean, logvar = torch.randn(7, 3), torch.randn(7, 3)
    expected = kl_divergence(Normal(mean, (0.5 * logvar).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(kl_to_standard_normal(mean, logvar), expected)


def test_kl_weight_grows_over_the_warm_up() -> None:
    bottleneck = Gaussian(beta=4.0, kl_warmup=0.2).build(8, 1)
    h = torch.randn(3, 1, 8)
    weights = [bottleneck(h, progress).weights["kl"] for progress in (0.0, 0.1, 0.2, 0.9)]
    assert weights == pytest.approx([0.0, 2.0, 4.0, 4.0])


def test_a_vae_draws_in_training_and_takes_the_mean_afterwards() -> None:
    bottleneck, h = Gaussian(latent_dim=4).build(8, 1), torch.randn(3, 1, 8)
    assert not torch.equal(bottleneck.train()(h).z, bottleneck(h).z)
    assert torch.equal(bottleneck.eval()(h).z, bottleneck(h).z)


def test_active_units_are_those_whose_mean_varies() -> None:
    mean = torch.zeros(100, 3)
    mean[:, 0] = torch.linspace(-1, 1, 100)
    mean[:, 1] = torch.linspace(-0.05, 0.05, 100)
    code = Code(z=torch.empty(0), latent=mean, mean=mean, logvar=torch.zeros(100, 3))
    assert Gaussian(latent_dim=3).build(8, 1).statistics(code)["active_units"] == 1


def quantizer(**settings: object) -> VectorQuantizer:
    torch.manual_seed(0)
    built = VectorQuantized.model_validate({"codebook_size": 8, "code_dim": 2, **settings}).build(2, 3)
    assert isinstance(built, VectorQuantizer)
    with torch.no_grad():
        built.to_code.weight.copy_(torch.eye(2))
        built.to_code.bias.zero_()
    return built


def test_nearest_is_the_brute_force_answer() -> None:
    torch.manual_seed(0)
    points, centres = torch.randn(50, 4), torch.randn(9, 4)
    assert torch.equal(nearest(points, centres), torch.cdist(points, centres).argmin(1))


def test_tokens_become_entries_and_gradients_pass_straight_through() -> None:
    bottleneck = quantizer().eval()
    h = torch.randn(5, 3, 2, requires_grad=True)
    code = bottleneck(h)
    assert code.indices is not None
    torch.testing.assert_close(code.latent.view(5, 3, 2), bottleneck.codebook[code.indices])
    torch.testing.assert_close(code.z, bottleneck.lookup(code.indices))
    code.z.sum().backward()
    expected = bottleneck.from_code.weight.sum(0).expand(5, 3, 2)
    assert h.grad is not None
    torch.testing.assert_close(h.grad, expected)


def test_k_means_starts_the_codebook_on_the_clusters() -> None:
    centres = torch.tensor([[0.0, 0.0], [5.0, 5.0], [-5.0, 5.0], [5.0, -5.0]])
    h = (centres.repeat(60, 1) + 0.01 * torch.randn(240, 2)).view(80, 3, 2)
    bottleneck = quantizer(restart=0.0).train()
    bottleneck(h)
    distances = torch.cdist(centres, bottleneck.codebook).min(1).values
    assert (distances < 0.1).all()


def test_entries_follow_the_mean_of_their_tokens() -> None:
    bottleneck = quantizer(codebook_size=2, decay=0.9, restart=0.0).train()
    h = torch.cat([torch.full((10, 3, 2), 1.0), torch.full((10, 3, 2), -1.0)])
    for _ in range(200):
        bottleneck(h + 0.01 * torch.randn_like(h))
    found = bottleneck.codebook[bottleneck.codebook[:, 0].argsort()]
    torch.testing.assert_close(found, torch.tensor([[-1.0, -1.0], [1.0, 1.0]]), atol=0.02, rtol=0)


@pytest.mark.parametrize(("restart", "alive"), [(0.5, True), (0.0, False)])
def test_dead_entries_are_restarted_only_when_asked(restart: float, alive: bool) -> None:
    bottleneck = quantizer(restart=restart, decay=0.5).train()
    bottleneck.ready.fill_(True)
    bottleneck.codebook[4:] = 1e3
    bottleneck.sums[4:] = 1e3
    h = torch.randn(40, 3, 2)
    for _ in range(20):
        code = bottleneck(h)
    assert code.indices is not None
    assert bool((bottleneck.codebook.abs() < 100).all()) is alive
    assert (bottleneck.statistics(code)["codebook_usage"] == 1.0) is alive


def test_perplexity_counts_equally_used_entries() -> None:
    indices = torch.tensor([[0, 1, 2], [3, 0, 1], [2, 3, 0], [1, 2, 3]])
    statistics = quantizer().statistics(Code(z=torch.empty(0), latent=torch.empty(4, 6), indices=indices))
    assert statistics["perplexity"] == pytest.approx(4.0)
    assert statistics["codebook_usage"] == pytest.approx(0.5)
    assert statistics["usage"] == [3, 3, 3, 3, 0, 0, 0, 0]
