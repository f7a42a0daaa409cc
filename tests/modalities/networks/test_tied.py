"""Tied weights: encoder and decoder share their matrices."""

import pytest
import torch
from torch import nn

from aeexplorer.core.errors import UserError
from aeexplorer.modalities.base import modality_of
from aeexplorer.modalities.networks.layers import TiedLinear
from tests.modalities.networks.fixtures import FIELDS, TABLE, build, toys, trained_error


def test_tied_layer_shares_the_matrix_of_its_partner() -> None:
    torch.manual_seed(0)
    partner = nn.Linear(5, 3)
    tied = TiedLinear(partner, 4)
    assert [name for name, _ in tied.named_parameters()] == ["bias"]
    h = torch.randn(2, 3)
    torch.testing.assert_close(tied(h), h @ partner.weight[:, :4] + tied.bias)
    tied(h).sum().backward()
    assert partner.weight.grad is not None
    torch.testing.assert_close(partner.weight.grad[:, :4], h.sum(0)[:, None].expand(3, 4))
    assert not partner.weight.grad[:, 4].any()


@pytest.mark.parametrize("name", ["grey", "table"])
def test_dense_decoder_stays_the_transposed_encoder_in_training(name: str) -> None:
    field = FIELDS[name]
    tied, free = (build(field, "dense", depth=3, hidden=64, tied=tied) for tied in (True, False))
    assert trained_error(tied, toys(field)) < 0.4
    encoder, decoder = tied.encoders[field.name], tied.decoders[field.name]
    down = [layer for layer in encoder.modules() if isinstance(layer, nn.Linear)]
    up = [layer for layer in decoder.modules() if isinstance(layer, TiedLinear)]
    assert len(down) == len(up) == 3
    assert all(torch.equal(a.weight[:, : b.features], b.weight.T) for a, b in zip(down, reversed(up), strict=True))
    saved = 64 * (up[-1].features + 64 + 64 + 16)
    assert sum(p.numel() for p in free.parameters()) - sum(p.numel() for p in tied.parameters()) == saved


def test_tied_linear_autoencoder_finds_orthonormal_directions() -> None:
    """At the optimum, W·Wᵀ = 1 on the latent space, as in PCA."""
    x = {"image": torch.randn(400, 1, 8, 8) * torch.linspace(1.5, 0.1, 64).view(1, 1, 8, 8)}
    model = build(FIELDS["grey"], "linear", bottleneck={"kind": "deterministic", "latent_dim": 3}, tied=True)
    trained_error(model, x, 500)
    weight = model.bottleneck.to_latent.weight
    torch.testing.assert_close(weight @ weight.T, torch.eye(3), atol=0.05, rtol=0)
    assert "bottleneck.from_latent.bias" in model.state_dict()
    assert "bottleneck.from_latent.weight" not in model.state_dict()


@pytest.mark.parametrize("network", ["conv", "recurrent", "dilated", "transformer"])
def test_networks_without_matching_matrices_refuse_tied_weights(network: str) -> None:
    with pytest.raises(UserError, match=rf"a {network}\w* network has no matrices to tie.*dense or linear"):
        build(FIELDS["grey"], network, tied=True)
    if network != "conv":
        with pytest.raises(UserError, match="no matrices to tie"):
            modality_of(TABLE).network(network, build(TABLE, "dense", tied=True).config, 1)


def test_tied_weights_without_any_matrix_pair_are_refused() -> None:
    with pytest.raises(UserError, match="no pair of matrices to tie"):
        build(FIELDS["grey"], "linear", "vector_quantized", tied=True)
