"""Residual quantisation: stages, their indices and residuals."""

import pytest
import torch

from aeexplorer.models.bottlenecks.base import latents_of_codes
from aeexplorer.models.bottlenecks.residual import Residual, ResidualQuantizer
from aeexplorer.models.bottlenecks.vector_quantized import VectorQuantized


def build(**settings: object) -> ResidualQuantizer:
    torch.manual_seed(0)
    bottleneck = Residual.model_validate({"codebook_size": 8, "code_dim": 4, **settings}).build(4, 3)
    assert isinstance(bottleneck, ResidualQuantizer)
    with torch.no_grad():
        for linear in (bottleneck.to_code, bottleneck.from_code):
            linear.weight.copy_(torch.eye(4))
            linear.bias.zero_()
    return bottleneck


@pytest.mark.parametrize("rotation", [False, True])
def test_one_stage_equals_vector_quantisation(rotation: bool) -> None:
    single = build(stages=1, rotation=rotation)
    plain = VectorQuantized(codebook_size=8, code_dim=4, rotation=rotation).build(4, 3)
    renamed = {name.replace("books.0.", "book."): tensor for name, tensor in single.state_dict().items()}
    plain.load_state_dict(renamed)
    h = torch.randn(30, 3, 4)
    for mode in (True, True, False):
        codes = []
        for bottleneck in (single, plain):
            torch.manual_seed(1)
            codes.append(bottleneck.train(mode)(h))
        assert torch.equal(codes[0].indices, codes[1].indices)
        for name in ("z", "latent"):
            torch.testing.assert_close(getattr(codes[0], name), getattr(codes[1], name))
        torch.testing.assert_close(codes[0].losses, codes[1].losses)


def test_each_stage_reduces_the_residual() -> None:
    bottleneck, h = build(stages=3, codebook_size=16).train(), torch.randn(200, 3, 4)
    for _ in range(20):
        bottleneck(h)
    code = bottleneck.eval()(h)
    assert code.indices is not None
    indices = code.indices.view(200, 3, 3)
    errors = [float((bottleneck.entries[indices[:, :, : n + 1]].sum(2) - h).square().mean()) for n in range(3)]
    assert errors[0] > 1.5 * errors[1] > 1.5**2 * errors[2]


def test_codes_are_numbered_by_stage_and_determine_latents() -> None:
    bottleneck, h = build(stages=3).train(), torch.randn(30, 3, 4)
    bottleneck(h)
    code = bottleneck.eval()(h)
    assert code.indices is not None
    assert code.indices.shape == (30, 9)
    assert torch.equal(code.indices.view(30, 3, 3) // 8, torch.arange(3).expand(30, 3, 3))
    latents = latents_of_codes(code.indices.numpy(), bottleneck.entries.numpy(), bottleneck.stages)
    torch.testing.assert_close(torch.from_numpy(latents), code.latent)
    torch.testing.assert_close(bottleneck.lookup(code.indices), code.z)
    torch.testing.assert_close(bottleneck.expand(code.latent), code.z)


def test_single_code_decodes_to_its_entry() -> None:
    bottleneck = build(stages=3).eval()
    looked_up = bottleneck.lookup(torch.full((1, 3), 10))
    torch.testing.assert_close(looked_up, bottleneck.entries[10].expand(1, 3, 4))


def test_agrees_with_vector_quantize_pytorch() -> None:
    from vector_quantize_pytorch import ResidualVQ

    bottleneck = build(stages=3, restart=0.0, decay=0.8).train()
    for book in bottleneck.books:
        book.load_state_dict(book.state_dict() | {"ready": torch.tensor(True)})
    other = ResidualVQ(dim=4, num_quantizers=3, codebook_size=8, decay=0.8, threshold_ema_dead_code=0, eps=1e-9).train()
    with torch.no_grad():
        for book, layer in zip(bottleneck.books, other.layers, strict=True):
            layer._codebook.embed.copy_(book.entries[None])
            layer._codebook.embed_avg.copy_(book.entries[None])
    for _ in range(4):
        h = torch.randn(20, 3, 4)
        code = bottleneck(h)
        values, indices, _ = other(h)
        assert code.indices is not None
        assert torch.equal(code.indices.view(20, 3, 3) % 8, indices)
        torch.testing.assert_close(code.z, values, rtol=0, atol=1e-5)
    for book, layer in zip(bottleneck.books, other.layers, strict=True):
        torch.testing.assert_close(book.entries, layer._codebook.embed[0], rtol=0, atol=1e-5)


def test_every_stage_is_committed_with_its_weight_and_its_gradient() -> None:
    bottleneck = build(stages=3, commitment=0.7).train()
    bottleneck(torch.randn(30, 3, 4))
    h = torch.randn(5, 3, 4, requires_grad=True)
    code = bottleneck.eval()(h)
    assert code.indices is not None
    entries = bottleneck.entries[code.indices.view(5, 3, 3)]  # (B, T, stages, 4)
    residuals = [(h - entries[:, :, : stage + 1].sum(2)).detach() for stage in range(3)]
    torch.testing.assert_close(code.losses["commitment"], sum(r.square().sum((1, 2)) for r in residuals))
    (gradient,) = torch.autograd.grad(code.losses["commitment"].sum(), h)
    torch.testing.assert_close(gradient, 2 * sum(residuals))
    assert code.weights == {"commitment": 0.7}
