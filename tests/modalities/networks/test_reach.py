"""Receptive field of each kind of network on a sequence, and the effect of its settings."""

import pytest
import torch

from aeexplorer.modalities.networks.convolutional import build_convolutional
from aeexplorer.modalities.networks.dilated import build_dilated
from aeexplorer.modalities.networks.recurrent import build_recurrent
from aeexplorer.modalities.networks.sequences import SequenceShape
from aeexplorer.modalities.networks.transformer import build_transformer
from aeexplorer.models.config import ModelConfig
from tests.modalities.networks.fixtures import FIELDS, build, toys

LENGTH = 32
SMALL = ModelConfig.model_validate({"hidden": 16, "channels": 8, "activation": "tanh"})


def receptive_field(layer: torch.nn.Module, step: int) -> list[int]:
    """Return the input steps that the output of a layer at one step depends on."""
    x = torch.randn(1, LENGTH, 16, requires_grad=True)
    layer(x)[0, step].sum().backward()
    assert x.grad is not None
    return x.grad[0].abs().sum(1).gt(1e-12).nonzero()[:, 0].tolist()


@pytest.mark.parametrize(("depth", "reach"), [(1, 1), (2, 3), (3, 7), (4, 15)])
def test_each_dilated_block_sees_twice_as_far(depth: int, reach: int) -> None:
    torch.manual_seed(0)
    blocks = build_dilated(SequenceShape(LENGTH, 16, 16, (4,)), SMALL.replace({"depth": depth})).encoder[2]
    for block in blocks.blocks:
        block[0] = torch.nn.Identity()  # the norm depends on the whole sequence
    assert receptive_field(blocks, 16) == list(range(16 - reach, min(LENGTH, 17 + reach)))


def test_attention_sees_the_whole_sequence() -> None:
    torch.manual_seed(0)
    network = build_transformer(SequenceShape(LENGTH, 16, 16, (4,)), SMALL.replace({"depth": 1}))
    assert receptive_field(network.encoder[2], 16) == list(range(LENGTH))


def test_attention_equals_torch() -> None:
    torch.manual_seed(0)
    attention = build_transformer(SequenceShape(9, 16, 16, (1,)), SMALL).encoder[2].attention[1]
    x = torch.randn(2, 9, 16)
    query, key, value = attention.to_parts(x).unflatten(2, (3, 4, 4)).transpose(1, 3).unbind(2)
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value)
    torch.testing.assert_close(attention(x), attention.out(expected.transpose(1, 2).flatten(2)))


def test_recurrent_decoder_unrolls_from_the_code_alone() -> None:
    """Each step depends on the tokens up to its own, and not on the outputs of other steps."""
    torch.manual_seed(0)
    decoder = build_recurrent(SequenceShape(8, 3, 3, (4,)), SMALL).decoder
    z = torch.randn(1, 4, 16, requires_grad=True)
    decoder(z)[0, 4].sum().backward()  # the first step of the third token
    assert z.grad is not None
    assert z.grad[0].any(1).tolist() == [True, True, True, False]


def test_single_token_of_a_recurrent_encoder_uses_both_last_states() -> None:
    torch.manual_seed(0)
    network = build_recurrent(SequenceShape(8, 3, 3, (1,)), SMALL)
    x = torch.randn(1, 8, 3)
    _, last = network.encoder[0].layers(x)
    torch.testing.assert_close(
        network.encoder(x), network.encoder[1].project(torch.cat([last[-2], last[-1]], 1)).tanh().unsqueeze(1)
    )


def test_gru_and_lstm_cells_differ() -> None:
    gru, lstm = (build(FIELDS["grey"], "recurrent", cell=cell) for cell in ("gru", "lstm"))
    matrices = [m.encoders["image"][1][0].layers.weight_hh_l0 for m in (gru, lstm)]
    assert [len(m) // m.shape[1] for m in matrices] == [3, 4]
    assert gru(toys(FIELDS["grey"], 3)).loss.isfinite().all()
    assert lstm(toys(FIELDS["grey"], 3)).loss.isfinite().all()


@pytest.mark.parametrize(("tokens", "grid", "depth", "blocks"), [(1, (1, 1), 2, 0), (1, (1, 1), 4, 2), (4, (2, 2), 2, 2)])
def test_residual_blocks_grow_with_depth(tokens: int, grid: tuple[int, int], depth: int, blocks: int) -> None:
    network = build_convolutional((1, 8, 8), SMALL.replace({"depth": depth}), tokens, grid)
    for side in (network.encoder, network.decoder):
        assert sum(isinstance(m, torch.nn.GroupNorm) for m in side.modules()) == blocks
