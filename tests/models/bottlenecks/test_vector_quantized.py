"""Vector quantisation and its options, compared with vector-quantize-pytorch where both do the same."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from aeexplorer.models.bottlenecks.base import Code
from aeexplorer.models.bottlenecks.vector_quantized import VectorQuantized, VectorQuantizer
from aeexplorer.models.codebook import Codebook, nearest, pass_through


def quantizer(**settings: object) -> VectorQuantizer:
    torch.manual_seed(0)
    bottleneck = VectorQuantized.model_validate({"codebook_size": 8, "code_dim": 2, **settings}).build(2, 3)
    assert isinstance(bottleneck, VectorQuantizer)
    with torch.no_grad():
        bottleneck.to_code.weight.copy_(torch.eye(2))
        bottleneck.to_code.bias.zero_()
    return bottleneck


def test_nearest_equals_brute_force() -> None:
    torch.manual_seed(0)
    points, centres = torch.randn(50, 4), torch.randn(9, 4)
    assert torch.equal(nearest(points, centres), torch.cdist(points, centres).argmin(1))


def test_tokens_become_entries_and_gradients_pass_straight_through() -> None:
    bottleneck = quantizer().eval()
    h = torch.randn(5, 3, 2, requires_grad=True)
    code = bottleneck(h)
    assert code.indices is not None
    torch.testing.assert_close(code.latent.view(5, 3, 2), bottleneck.entries[code.indices])
    torch.testing.assert_close(code.z, bottleneck.lookup(code.indices))
    code.z.sum().backward()
    expected = bottleneck.from_code.weight.sum(0).expand(5, 3, 2)
    assert h.grad is not None
    torch.testing.assert_close(h.grad, expected)


def test_kmeans_starts_the_codebook_at_the_clusters() -> None:
    centres = torch.tensor([[0.0, 0.0], [5.0, 5.0], [-5.0, 5.0], [5.0, -5.0]])
    h = (centres.repeat(60, 1) + 0.01 * torch.randn(240, 2)).view(80, 3, 2)
    bottleneck = quantizer(restart=0.0).train()
    bottleneck(h)
    distances = torch.cdist(centres, bottleneck.entries).min(1).values
    assert (distances < 0.1).all()


def test_entries_follow_the_mean_of_their_tokens() -> None:
    bottleneck = quantizer(codebook_size=2, decay=0.9, restart=0.0).train()
    h = torch.cat([torch.full((10, 3, 2), 1.0), torch.full((10, 3, 2), -1.0)])
    for _ in range(200):
        bottleneck(h + 0.01 * torch.randn_like(h))
    entries = bottleneck.entries[bottleneck.entries[:, 0].argsort()]
    torch.testing.assert_close(entries, torch.tensor([[-1.0, -1.0], [1.0, 1.0]]), atol=0.02, rtol=0)


@pytest.mark.parametrize(("restart", "in_use"), [(0.5, True), (0.0, False)])
def test_unused_entries_are_restarted_only_if_enabled(restart: float, in_use: bool) -> None:
    bottleneck = quantizer(restart=restart, decay=0.5, start="random").train()
    bottleneck.book.entries[4:] = 1e3
    bottleneck.book.sums[4:] = 1e3
    h = torch.randn(40, 3, 2)
    for _ in range(20):
        code = bottleneck(h)
    assert code.indices is not None
    assert bool((bottleneck.entries.abs() < 100).all()) is in_use
    assert (bottleneck.statistics(code)["codebook_usage"] == 1.0) is in_use


def test_perplexity_counts_equally_used_entries() -> None:
    indices = torch.tensor([[0, 1, 2], [3, 0, 1], [2, 3, 0], [1, 2, 3]])
    statistics = quantizer().statistics(Code(z=torch.empty(0), latent=torch.empty(4, 6), indices=indices))
    assert statistics["perplexity"] == pytest.approx(4.0)
    assert statistics["codebook_usage"] == pytest.approx(0.5)
    assert statistics["usage"] == [3, 3, 3, 3, 0, 0, 0, 0]


@pytest.mark.parametrize("update", ["ema", "loss"])
def test_random_start_keeps_the_drawn_entries(update: str) -> None:
    bottleneck = quantizer(start="random", update=update, restart=0.0).train()
    before = bottleneck.entries.clone()
    code = bottleneck(torch.randn(5, 3, 2))
    assert code.indices is not None
    torch.testing.assert_close(code.latent.view(5, 3, 2), before[code.indices])


def test_codebook_with_a_loss_moves_by_its_gradient_only() -> None:
    bottleneck = quantizer(update="loss", start="random", restart=0.0, commitment=0.0).train()
    before = bottleneck.entries.clone()
    h = torch.randn(5, 3, 2)
    code = bottleneck(h)
    assert code.indices is not None
    assert torch.equal(bottleneck.entries, before)
    torch.testing.assert_close(code.losses["codebook"], code.losses["commitment"])
    code.losses["codebook"].sum().backward()
    gradient = bottleneck.book.entries.grad
    assert gradient is not None
    used = code.indices.unique()
    expected = torch.stack([2 * (before[k] - h[code.indices == k]).sum(0) for k in used])
    torch.testing.assert_close(gradient[used], expected)
    assert bottleneck.to_code.weight.grad is None
    assert "codebook" not in quantizer()(h).losses


def test_cosine_codes_have_unit_length_and_the_smallest_angle() -> None:
    bottleneck = quantizer(cosine=True).train()
    h = 5 * torch.randn(40, 3, 2)
    for _ in range(3):
        bottleneck(h)
    code = bottleneck.eval()(h)
    assert code.indices is not None
    torch.testing.assert_close(bottleneck.entries.norm(dim=1), torch.ones(8))
    angles = functional.normalize(h, dim=2) @ bottleneck.entries.T
    assert torch.equal(code.indices, angles.argmax(2))


def test_codes_and_statistics_are_float32_under_autocast() -> None:
    torch.manual_seed(0)
    points, centres = torch.randn(500, 8), torch.randn(200, 8)
    book = Codebook(200, 8).train()
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(nearest(points, centres), torch.cdist(points, centres).argmin(1))
        book(points)
    assert {tensor.dtype for tensor in book.state_dict().values()} == {torch.float32, torch.bool}


def test_rotation_trick_rotates_the_gradient_like_the_token() -> None:
    torch.manual_seed(0)
    tokens, entries = torch.randn(6, 4, requires_grad=True), torch.randn(6, 4)
    value = pass_through(tokens, entries, rotation=True)
    torch.testing.assert_close(value.detach(), entries)
    toward = torch.randn(6, 4)
    (gradient,) = torch.autograd.grad((value * toward).sum(), tokens)
    stretch = entries.norm(dim=1) / tokens.detach().norm(dim=1)
    torch.testing.assert_close(gradient.norm(dim=1), stretch * toward.norm(dim=1))
    torch.testing.assert_close((gradient * tokens.detach()).sum(1), (toward * entries).sum(1))


def test_codebook_restored_to_its_initial_state_starts_again() -> None:
    torch.manual_seed(0)
    book = Codebook(4, 2).train()
    fresh = {name: tensor.clone() for name, tensor in book.state_dict().items()}
    book(torch.randn(50, 2))
    book.load_state_dict(fresh)
    far = torch.randn(50, 2) + 100
    book(far)
    assert torch.cdist(book.table, far).min(1).values.max() < 5


def reference(bottleneck: VectorQuantizer, **settings: object) -> nn.Module:
    """Build the module of vector-quantize-pytorch with the same entries."""
    from vector_quantize_pytorch import VectorQuantize

    size, dim = bottleneck.entries.shape
    module = VectorQuantize(dim, size, threshold_ema_dead_code=0, eps=1e-9, **settings).train()
    book = module._codebook
    with torch.no_grad():
        book.embed.copy_(bottleneck.entries[None])
        book.embed_avg.copy_(bottleneck.entries[None])
    return module


@pytest.mark.parametrize("cosine", [False, True])
@pytest.mark.parametrize("rotation", [False, True])
def test_agrees_with_vector_quantize_pytorch(cosine: bool, rotation: bool) -> None:
    bottleneck = quantizer(
        codebook_size=6, code_dim=2, start="random", restart=0.0, decay=0.8, cosine=cosine, rotation=rotation
    ).train()
    with torch.no_grad():
        bottleneck.from_code.weight.copy_(torch.eye(2))
        bottleneck.from_code.bias.zero_()
    other = reference(bottleneck, decay=0.8, use_cosine_sim=cosine, rotation_trick=rotation, commitment_weight=1.0)
    for _ in range(4):
        h = torch.randn(20, 3, 2)
        ours, theirs = h.clone().requires_grad_(), h.clone().requires_grad_()
        code = bottleneck(ours)
        values, indices, loss = other(theirs)
        assert code.indices is not None
        assert torch.equal(code.indices, indices)
        torch.testing.assert_close(code.z, values, rtol=0, atol=1e-5)
        torch.testing.assert_close(code.losses["commitment"].mean() / 6, loss.sum(), rtol=0, atol=1e-5)
        toward = torch.randn_like(h)
        gradients = [torch.autograd.grad((z * toward).sum(), x)[0] for z, x in ((code.z, ours), (values, theirs))]
        torch.testing.assert_close(*gradients, rtol=0, atol=1e-5)
        torch.testing.assert_close(bottleneck.entries, _entries(other), rtol=0, atol=1e-5)


def _entries(module: nn.Module) -> Tensor:
    book = module._codebook
    assert isinstance(book, nn.Module)
    entries = book.embed
    assert isinstance(entries, Tensor)
    return entries[0]


def test_commitment_moves_the_tokens_but_not_a_codebook_that_learns_by_a_loss() -> None:
    bottleneck = quantizer(update="loss", start="random", restart=0.0, commitment=0.7).train()
    h = torch.randn(5, 3, 2, requires_grad=True)
    code = bottleneck(h)
    assert code.indices is not None
    entries = bottleneck.entries[code.indices]
    torch.testing.assert_close(code.losses["commitment"], (h - entries).square().sum((1, 2)))
    to_tokens, to_entries = torch.autograd.grad(
        code.losses["commitment"].sum(), (h, bottleneck.book.entries), allow_unused=True, retain_graph=True
    )
    torch.testing.assert_close(to_tokens, 2 * (h - entries).detach())
    assert to_entries is None
    assert torch.autograd.grad(code.losses["codebook"].sum(), h, allow_unused=True) == (None,)
    assert code.weights == {"commitment": 0.7}


def test_points_between_codes_are_decoded_as_their_nearest_entries() -> None:
    bottleneck = quantizer(start="random").eval()
    points = torch.randn(4, 6)
    nearest_entries = bottleneck.entries[torch.cdist(points.view(12, 2), bottleneck.entries).argmin(1)]
    torch.testing.assert_close(bottleneck.expand(points), bottleneck.from_code(nearest_entries).view(4, 3, 2))
