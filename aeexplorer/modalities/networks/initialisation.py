"""Initialisation of weight matrices."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

WEIGHT_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d, nn.RNNBase)


def _constant(matrix: Tensor) -> None:
    nn.init.constant_(matrix, 1 / matrix[0].numel())


INITIALISERS: dict[str, Callable[[Tensor], object]] = {
    "xavier": nn.init.xavier_uniform_,
    "he": nn.init.kaiming_normal_,
    "orthogonal": nn.init.orthogonal_,
    "zeros": nn.init.zeros_,
    "constant": _constant,
}


@torch.no_grad()
def initialise(model: nn.Module, kind: str) -> None:
    """Initialise the matrices of linear, convolutional and recurrent layers, and set their biases to zero.

    Each gate of a recurrent layer counts as its own matrix.

    Parameters
    ----------
    model
        Model whose parameters are changed in place.
    kind
        Key of `INITIALISERS`. ``constant`` sets every weight to one over the number of inputs.
    """
    for layer in model.modules():
        if not isinstance(layer, WEIGHT_LAYERS):
            continue
        for parameter in layer.parameters(recurse=False):
            if parameter.ndim == 1:
                parameter.zero_()
                continue
            # view the weights as (outputs, inputs, ...)
            matrix = parameter.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d | nn.ConvTranspose3d) else parameter
            gates = {"GRU": 3, "LSTM": 4}.get(layer.mode, 1) if isinstance(layer, nn.RNNBase) else 1
            for gate in matrix.chunk(gates):
                values = torch.empty_like(gate, memory_format=torch.contiguous_format)
                INITIALISERS[kind](values)
                gate.copy_(values)
