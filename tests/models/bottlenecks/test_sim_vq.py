"""SimVQ: a linear map of fixed entries, compared with vector-quantize-pytorch."""

import pytest
import torch

from aeexplorer.models.bottlenecks.sim_vq import SimQuantizer, SimVQ


def build(rotation: bool = False, commitment: float = 0.25) -> SimQuantizer:
    torch.manual_seed(0)
    bottleneck = SimVQ(codebook_size=12, code_dim=4, rotation=rotation, commitment=commitment).build(4, 3)
    assert isinstance(bottleneck, SimQuantizer)
    with torch.no_grad():
        for linear in (bottleneck.to_code, bottleneck.from_code):
            linear.weight.copy_(torch.eye(4))
            linear.bias.zero_()
    return bottleneck


@pytest.mark.parametrize("rotation", [False, True])
def test_agrees_with_vector_quantize_pytorch(rotation: bool) -> None:
    from vector_quantize_pytorch import SimVQ as Other

    bottleneck = build(rotation)
    other = Other(4, 12, rotation_trick=rotation)
    with torch.no_grad():
        other.frozen_codebook.copy_(bottleneck.fixed)
        other.code_transform.weight.copy_(bottleneck.transform.weight)
    h = torch.randn(20, 3, 4)
    ours, theirs = h.clone().requires_grad_(), h.clone().requires_grad_()
    code = bottleneck(ours)
    values, indices, loss = other(theirs)
    assert code.indices is not None
    assert torch.equal(code.indices, indices)
    torch.testing.assert_close(code.z, values, rtol=0, atol=1e-5)
    cost = (code.losses["codebook"] + code.weights["commitment"] * code.losses["commitment"]).mean() / 12
    torch.testing.assert_close(cost, loss, rtol=0, atol=1e-5)
    gradients = [
        torch.autograd.grad(cost + z.square().mean(), (x, weight))
        for cost, z, x, weight in (
            (cost, code.z, ours, bottleneck.transform.weight),
            (loss, values, theirs, other.code_transform.weight),
        )
    ]
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-5)


def test_step_moves_all_entries_even_if_few_were_used() -> None:
    bottleneck = build()
    before = bottleneck.entries.clone()
    code = bottleneck(torch.randn(1, 3, 4))
    code.losses["codebook"].sum().backward()
    with torch.no_grad():
        bottleneck.transform.weight -= 0.1 * bottleneck.transform.weight.grad
    moved = (bottleneck.entries - before).norm(dim=1)
    assert moved.min() > 0
    assert "fixed" not in dict(bottleneck.named_parameters())


def test_fixed_entries_are_drawn_with_a_squared_length_of_one_on_average() -> None:
    torch.manual_seed(0)
    fixed = SimVQ(codebook_size=4096, code_dim=9).build(4, 3).fixed
    assert float(fixed.square().sum(1).mean()) == pytest.approx(1.0, abs=0.03)
