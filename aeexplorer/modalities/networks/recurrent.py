"""Recurrent networks: a sample is read step by step, and written step by step from the code alone.

As the autoencoder of Srivastava et al. (2015, arXiv:1502.04681), without feeding back what was written.
"""

import torch
from torch import Tensor, nn

from aeexplorer.modalities.base import Network, NetworkSettings
from aeexplorer.modalities.networks.layers import nonlinear, refuse_tied
from aeexplorer.modalities.networks.sequences import Gather, Spread, Steps, token_width

CELLS: dict[str, type[nn.GRU | nn.LSTM]] = {"gru": nn.GRU, "lstm": nn.LSTM}


def recurrent(steps: Steps, settings: NetworkSettings) -> Network:
    """`depth` layers on either side, with states of half of `hidden` numbers.

    The encoder reads in both directions. One token is a linear map of the two last states; several are of the states at
    the steps that they cover. The decoder gets the tokens of each step as its input there.

    Raises
    ------
    UserError
        For tied weights.
    """
    refuse_tied(settings, "recurrent")
    state = max(1, settings.hidden // 2)
    width = token_width(steps, 2 * state, settings)
    return Network(
        encoder=nn.Sequential(
            _Recurrence(steps.read, state, settings, both_ways=True),
            _Last(state, width) if steps.tokens == 1 else Gather(steps, 2 * state, width),
            *nonlinear(settings),
        ),
        decoder=nn.Sequential(
            *nonlinear(settings),
            Spread(steps, width, 2 * state, places=1),
            *nonlinear(settings),
            _Recurrence(2 * state, state, settings),
            nn.Linear(state, steps.written),
        ),
        width=width,
    )


class _Recurrence(nn.Module):
    """``(B, L, before) → (B, L, after)``, or twice as many features both ways: the states at every step."""

    def __init__(self, before: int, after: int, settings: NetworkSettings, both_ways: bool = False) -> None:
        super().__init__()
        between = settings.dropout if settings.depth > 1 else 0.0
        self.layers = CELLS[settings.cell](
            before, after, settings.depth, batch_first=True, dropout=between, bidirectional=both_ways
        )

    def forward(self, x: Tensor) -> Tensor:
        states: Tensor = self.layers(x)[0]
        return states


class _Last(nn.Module):
    """The last states of both directions ``(B, L, 2·size) → (B, 1, width)``."""

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.size = size
        self.project = nn.Linear(2 * size, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.project(torch.cat([x[:, -1, : self.size], x[:, 0, self.size :]], 1)).unsqueeze(1)
