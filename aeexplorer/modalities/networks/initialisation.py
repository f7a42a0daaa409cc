"""How weight matrices begin."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d, nn.RNNBase)


def _constant(matrix: Tensor) -> None:
    nn.init.constant_(matrix, 1 / matrix[0].numel())


BEGINNINGS: dict[str, Callable[[Tensor], object]] = {
    "xavier": nn.init.xavier_uniform_,
    "he": nn.init.kaiming_normal_,
    "orthogonal": nn.init.orthogonal_,
    "zeros": nn.init.zeros_,
    "constant": _constant,
}


@torch.no_grad()
def initialise(model: nn.Module, kind: str) -> None:
    """Begin the matrices of linear, convolutional and recurrent layers in a way of `BEGINNINGS`, and their biases at zero.

    Each gate of a recurrent layer counts as a matrix of its own. ``constant`` is one over the number of inputs.
    """
    for layer in model.modules():
        if not isinstance(layer, LAYERS):
            continue
        for parameter in layer.parameters(recurse=False):
            if parameter.ndim == 1:
                parameter.zero_()
                continue
            # (outputs, inputs, ...)
            matrix = parameter.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d | nn.ConvTranspose3d) else parameter
            gates = {"GRU": 3, "LSTM": 4}.get(layer.mode, 1) if isinstance(layer, nn.RNNBase) else 1
            for part in matrix.chunk(gates):
                fresh = torch.empty_like(part, memory_format=torch.contiguous_format)
                BEGINNINGS[kind](fresh)
                part.copy_(fresh)
