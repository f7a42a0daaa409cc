"""Dilated convolutions along a sequence: each block sees twice as far (van den Oord et al. 2016, arXiv:1609.03499)."""

from torch import Tensor, nn

from aeexplorer.modalities.base import Network, NetworkSettings
from aeexplorer.modalities.networks.layers import group_norm, nonlinear, refuse_tied
from aeexplorer.modalities.networks.sequences import Gather, Positions, Spread, Steps, token_width

DILATIONS = 8
"""Dilations double from 1 on and begin anew after so many blocks."""


def dilated(steps: Steps, settings: NetworkSettings) -> Network:
    """`depth` residual blocks on either side, of twice `channels` features; block i looks 2ⁱ steps to either side.

    Raises
    ------
    UserError
        For tied weights.
    """
    refuse_tied(settings, "dilated")
    features = 2 * settings.channels
    width = token_width(steps, features, settings)
    return Network(
        encoder=nn.Sequential(
            nn.Linear(steps.read, features),
            Positions(steps.length, features),
            _Blocks(features, settings),
            *nonlinear(settings),
            Gather(steps, features, width),
            *nonlinear(settings),
        ),
        decoder=nn.Sequential(
            *nonlinear(settings),
            Spread(steps, width, features),
            _Blocks(features, settings),
            *nonlinear(settings),
            nn.Linear(features, steps.written),
        ),
        width=width,
    )


class _Blocks(nn.Module):
    """Residual blocks over ``(B, L, features)``: x + conv1(act(conv3(act(norm(x)))))."""

    def __init__(self, features: int, settings: NetworkSettings) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            nn.Sequential(
                group_norm(features),
                *nonlinear(settings),
                nn.Conv1d(features, features, 3, padding=2 ** (i % DILATIONS), dilation=2 ** (i % DILATIONS)),
                *nonlinear(settings),
                nn.Conv1d(features, features, 1),
            )
            for i in range(settings.depth)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x.transpose(1, 2)
        for block in self.blocks:
            x = x + block(x)
        return x.transpose(1, 2)
