"""Initialisation of matrices, layer by layer."""

import pytest
import torch
from torch import nn

from aeexplorer.modalities.networks.initialisation import initialise
from tests.modalities.networks.fixtures import FIELDS, build, toys, trained_error


def initialised(layer: nn.Module, kind: str) -> nn.Module:
    torch.manual_seed(0)
    initialise(layer, kind)
    return layer


@pytest.mark.parametrize(
    ("layer", "inputs", "outputs"),
    [
        (nn.Linear(300, 100), 300, 100),
        (nn.Conv2d(32, 64, 3), 32 * 9, 64 * 9),
        (nn.Conv1d(64, 32, 5), 64 * 5, 32 * 5),
        (nn.ConvTranspose2d(64, 32, 3), 64 * 9, 32 * 9),
    ],
)
def test_xavier_and_he_have_the_expected_variances(layer: nn.Module, inputs: int, outputs: int) -> None:
    assert initialised(layer, "xavier").weight.var().item() == pytest.approx(2 / (inputs + outputs), rel=0.05)
    assert initialised(layer, "he").weight.var().item() == pytest.approx(2 / inputs, rel=0.05)
    assert not layer.bias.any()


def test_orthogonal_matrices_preserve_lengths_for_each_gate() -> None:
    cell = initialised(nn.LSTM(6, 6), "orthogonal")
    for name in ("weight_ih_l0", "weight_hh_l0"):
        for gate in getattr(cell, name).chunk(4):
            torch.testing.assert_close(gate @ gate.T, torch.eye(6), atol=1e-5, rtol=0)
    narrow = initialised(nn.ConvTranspose2d(3, 5, 1), "orthogonal").weight[:, :, 0, 0]
    torch.testing.assert_close(narrow @ narrow.T, torch.eye(3), atol=1e-5, rtol=0)


def test_zeros_and_constants_have_the_expected_values() -> None:
    assert not initialised(nn.Linear(5, 3), "zeros").weight.any()
    torch.testing.assert_close(initialised(nn.Linear(5, 3), "constant").weight, torch.full((3, 5), 0.2))


def test_other_parameters_stay_unchanged() -> None:
    norm = initialised(nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 4)), "zeros")[0]
    assert norm.weight.all()


def test_constants_keep_all_units_of_a_layer_equal() -> None:
    """A hidden layer of any width then acts like one unit, and cannot follow two degrees of freedom."""
    model = build(FIELDS["grey"], "dense", initialisation="constant")
    error = trained_error(model, toys(FIELDS["grey"]))
    first = model.encoders["image"][1].weight
    torch.testing.assert_close(first, first[:1].expand_as(first), rtol=0, atol=1e-4)
    assert error > 3 * trained_error(build(FIELDS["grey"], "dense"), toys(FIELDS["grey"]))
