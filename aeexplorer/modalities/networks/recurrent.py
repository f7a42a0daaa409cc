"""Recurrent networks: the encoder reads a sample step by step, and the decoder writes it step by step from the code alone.

This follows the autoencoder of Srivastava et al. (2015, arXiv:1502.04681), but the decoder does not read its own outputs.
"""

import torch
from torch import Tensor, nn

from aeexplorer.modalities.base import Network, NetworkSettings
from aeexplorer.modalities.networks.layers import activation_layers, refuse_tied
from aeexplorer.modalities.networks.sequences import Gather, SequenceShape, Spread, token_width

CELLS: dict[str, type[nn.GRU | nn.LSTM]] = {"gru": nn.GRU, "lstm": nn.LSTM}


def build_recurrent(sequence: SequenceShape, settings: NetworkSettings) -> Network:
    """Build an encoder and a decoder of `depth` recurrent layers each, with states of `hidden` / 2 numbers.

    The encoder reads in both directions. A single token is a linear map of the last state of each direction. Several
    tokens are linear maps of the states at the steps that they cover. The decoder receives at each step the tokens of
    that step.

    Raises
    ------
    UserError
        If the settings ask for tied weights.
    """
    refuse_tied(settings, "recurrent")
    state = max(1, settings.hidden // 2)
    width = token_width(sequence, 2 * state, settings)
    return Network(
        encoder=nn.Sequential(
            _Recurrence(sequence.features_in, state, settings, bidirectional=True),
            _LastStates(state, width) if sequence.tokens == 1 else Gather(sequence, 2 * state, width),
            *activation_layers(settings),
        ),
        decoder=nn.Sequential(
            *activation_layers(settings),
            Spread(sequence, width, 2 * state, max_segments=1),
            *activation_layers(settings),
            _Recurrence(2 * state, state, settings),
            nn.Linear(state, sequence.features_out),
        ),
        width=width,
    )


class _Recurrence(nn.Module):
    """States of recurrent layers at every step: ``(B, L, features) → (B, L, state)``, or ``2·state`` if bidirectional."""

    def __init__(self, features: int, state: int, settings: NetworkSettings, bidirectional: bool = False) -> None:
        super().__init__()
        dropout = settings.dropout if settings.depth > 1 else 0.0  # torch applies it between layers only
        self.layers = CELLS[settings.cell](
            features, state, settings.depth, batch_first=True, dropout=dropout, bidirectional=bidirectional
        )

    def forward(self, x: Tensor) -> Tensor:
        states: Tensor = self.layers(x)[0]
        return states


class _LastStates(nn.Module):
    """Project the last state of each direction to one token: ``(B, L, 2·state) → (B, 1, width)``."""

    def __init__(self, state: int, width: int) -> None:
        super().__init__()
        self.state = state
        self.project = nn.Linear(2 * state, width)

    def forward(self, x: Tensor) -> Tensor:
        forwards, backwards = x[:, -1, : self.state], x[:, 0, self.state :]  # the backward pass ends at the first step
        return self.project(torch.cat([forwards, backwards], 1)).unsqueeze(1)
