"""Finite scalar quantisation: its grid, compared with vector-quantize-pytorch."""

import math

import pytest
import torch

from aeexplorer.models.bottlenecks.finite_scalar import LEVELS, FiniteScalar, FiniteScalarQuantizer


def build(size: int, width: int = 5, tokens: int = 3) -> FiniteScalarQuantizer:
    torch.manual_seed(0)
    bottleneck = FiniteScalar(codebook_size=size).build(width, tokens)
    assert isinstance(bottleneck, FiniteScalarQuantizer)
    return bottleneck


@pytest.mark.parametrize(
    ("size", "levels"),
    [(64, (8, 8)), (256, (8, 6, 5)), (512, (8, 8, 8)), (1024, (8, 5, 5, 5)), (4096, (7, 5, 5, 5, 5)), (16384, (8, 8, 8, 6, 5))],
)
def test_closest_published_levels_are_chosen(size: int, levels: tuple[int, ...]) -> None:
    assert FiniteScalar(codebook_size=size).levels == levels
    entries = build(size).entries
    assert len(entries) == len(entries.unique(dim=0)) == math.prod(levels)
    assert abs(math.prod(levels) / size - 1) < 0.1


@pytest.mark.parametrize("levels", LEVELS)
def test_agrees_with_vector_quantize_pytorch(levels: tuple[int, ...]) -> None:
    from vector_quantize_pytorch import FSQ

    torch.manual_seed(0)
    bottleneck = FiniteScalarQuantizer(len(levels), 3, levels)
    with torch.no_grad():
        for linear in (bottleneck.to_code, bottleneck.from_code):
            linear.weight.copy_(torch.eye(len(levels)))
            linear.bias.zero_()
    h = 2 * torch.randn(50, 3, len(levels))
    ours, theirs = h.clone().requires_grad_(), h.clone().requires_grad_()
    code = bottleneck(ours)
    values, indices = FSQ(list(levels))(theirs)
    assert code.indices is not None
    assert torch.equal(code.indices, indices.long())
    torch.testing.assert_close(code.z, values, rtol=0, atol=1e-5)
    gradients = [torch.autograd.grad(z.square().sum(), x)[0] for z, x in ((code.z, ours), (values, theirs))]
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-5)


def test_codes_determine_latents_and_points_between_codes_are_rounded() -> None:
    bottleneck = build(1024)
    code = bottleneck(3 * torch.randn(40, 3, 5))
    assert code.indices is not None
    torch.testing.assert_close(bottleneck.entries[code.indices].flatten(1), code.latent)
    torch.testing.assert_close(bottleneck.lookup(code.indices), code.z)
    torch.testing.assert_close(bottleneck.expand(code.latent + 0.1), code.z)
    outermost = bottleneck.lookup(torch.full((1, 3), 999))
    torch.testing.assert_close(bottleneck.expand(torch.full((1, 12), 99.0)), outermost)


def test_levels_are_among_the_statistics() -> None:
    bottleneck = build(256)
    code = bottleneck(torch.randn(40, 3, 5))
    statistics = bottleneck.statistics(code)
    assert statistics["levels"] == [8, 6, 5]
    assert len(statistics["usage"]) == 240
