"""The sparse bottleneck with each of its penalties."""

import pytest
import torch
from torch.distributions import Bernoulli, kl_divergence

from aeexplorer.models.bottlenecks.sparse import Sparse, SparseBottleneck, keep_largest, kl_to_activity


def trained(**settings: object) -> tuple[SparseBottleneck, torch.Tensor]:
    """Train a bottleneck briefly to reproduce its input, with its penalty; return the bottleneck and the input."""
    torch.manual_seed(0)
    bottleneck = Sparse.model_validate({"units": 24, **settings}).build(12, 1)
    assert isinstance(bottleneck, SparseBottleneck)
    h = torch.randn(256, 1, 12)
    optimizer = torch.optim.Adam(bottleneck.parameters(), 0.01)
    for _ in range(150):
        code = bottleneck(h)
        penalty = sum((code.weights[name] * loss.mean() for name, loss in code.losses.items()), torch.zeros(()))
        optimizer.zero_grad()
        ((code.z - h).square().sum((1, 2)).mean() + penalty).backward()
        optimizer.step()
    return bottleneck, h


@pytest.mark.parametrize("active", [1, 3, 24, 99])
def test_top_k_keeps_the_k_largest_units(active: int) -> None:
    torch.manual_seed(0)
    bottleneck = Sparse(units=24, penalty="top_k", active=active).build(12, 1)
    code = bottleneck(torch.randn(20, 1, 12))
    assert ((code.latent != 0).sum(1) == min(active, 24)).all()
    assert code.losses == {}
    values = torch.tensor([[3.0, -1.0, 2.0, 0.5]])
    assert torch.equal(keep_largest(values, 2), torch.tensor([[3.0, 0.0, 2.0, 0.0]]))


def test_top_k_starts_with_all_units_and_ends_with_k() -> None:
    bottleneck, h = Sparse(units=24, penalty="top_k", active=4).build(12, 1).train(), torch.randn(20, 1, 12)
    active = [int((bottleneck(h, progress).latent != 0).sum(1).max()) for progress in (0.0, 0.25, 0.5, 1.0)]
    assert active == [24, 14, 4, 4]
    assert int((bottleneck.eval()(h, 0.0).latent != 0).sum(1).max()) == 4


def test_kl_equals_torch_for_bernoulli() -> None:
    activity = torch.tensor([0.01, 0.05, 0.4, 0.9])
    expected = kl_divergence(Bernoulli(torch.tensor(0.05)), Bernoulli(activity))
    torch.testing.assert_close(kl_to_activity(0.05, activity), expected, atol=1e-6, rtol=1e-4)


def test_kl_moves_the_activity_to_its_target() -> None:
    bottleneck, h = trained(penalty="kl", target=0.2, weight=100.0)
    assert float(bottleneck(h).latent.mean(0).detach().sub(0.2).abs().max()) < 0.1


def test_larger_l1_weight_silences_more_units() -> None:
    shares = []
    for weight in (0.0, 0.5, 2.0):
        bottleneck, h = trained(penalty="l1", weight=weight)
        code = bottleneck(h)
        torch.testing.assert_close(code.losses["sparsity"], code.latent.abs().sum(1))
        shares.append(bottleneck.statistics(code)["active_per_sample"])
    assert shares[0] > shares[1] > shares[2]


def test_atoms_have_unit_length() -> None:
    bottleneck, _ = trained(penalty="l1")
    bias = bottleneck.expand(torch.zeros(1, 24))
    atoms = (bottleneck.expand(torch.eye(24)) - bias).flatten(1)
    torch.testing.assert_close(atoms.norm(dim=1), torch.ones(24))


def test_statistics_count_active_and_silent_units() -> None:
    bottleneck = Sparse(units=4, penalty="l1").build(12, 1)
    code = bottleneck(torch.randn(3, 1, 12))
    code.latent = torch.tensor([[0.0, 1.0, 0.0, 2.0], [0.0, 1.0, 0.0, 0.0], [0.0, 3.0, 0.0, 1.0]])
    statistics = bottleneck.statistics(code)
    assert statistics["active_per_sample"] == pytest.approx(5 / 3)
    assert statistics["silent_units"] == 2


def test_penalty_by_kl_compares_the_mean_activity_of_the_batch_with_its_target() -> None:
    torch.manual_seed(0)
    bottleneck = Sparse(units=5, penalty="kl", target=0.2, weight=3.0).build(12, 1)
    code = bottleneck(torch.randn(4, 1, 12))
    expected = kl_divergence(Bernoulli(torch.tensor(0.2)), Bernoulli(code.latent.mean(0))).sum()
    torch.testing.assert_close(code.losses["sparsity"], expected.expand(4), rtol=1e-4, atol=1e-5)
    assert code.weights == {"sparsity": 3.0}


def test_penalty_by_l1_is_the_sum_of_activities_of_each_sample() -> None:
    torch.manual_seed(0)
    bottleneck = Sparse(units=5, penalty="l1", weight=3.0).build(12, 1)
    h = torch.randn(4, 1, 12)
    activity = bottleneck.to_latent(h.flatten(1)).clamp_min(0)
    code = bottleneck(h)
    torch.testing.assert_close(code.latent, activity)
    torch.testing.assert_close(code.losses["sparsity"], activity.sum(1))
    assert code.weights == {"sparsity": 3.0}


def test_latent_variance_is_the_mean_squared_distance_from_the_mean() -> None:
    bottleneck = Sparse(units=2, penalty="l1").build(12, 1)
    code = bottleneck(torch.randn(4, 1, 12))
    code.latent = torch.tensor([[0.0, 1.0], [2.0, 1.0], [0.0, 1.0], [2.0, 1.0]])
    assert bottleneck.statistics(code)["latent_variance"] == pytest.approx([1.0, 0.0])
