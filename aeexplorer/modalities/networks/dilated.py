"""Dilated convolutions along a sequence: each block sees twice as far (van den Oord et al. 2016, arXiv:1609.03499)."""

from torch import Tensor, nn

from aeexplorer.modalities.base import Network, NetworkSettings
from aeexplorer.modalities.networks.layers import activation_layers, group_norm, refuse_tied
from aeexplorer.modalities.networks.sequences import Gather, Positions, SequenceShape, Spread, token_width

DILATION_CYCLE = 8
"""Number of blocks after which the dilations 1, 2, 4, … start again at 1."""


def build_dilated(sequence: SequenceShape, settings: NetworkSettings) -> Network:
    """Build an encoder and a decoder of `depth` residual blocks each. Block i looks 2ⁱ steps to either side.

    Blocks have 2 · `channels` features.

    Raises
    ------
    UserError
        If the settings ask for tied weights.
    """
    refuse_tied(settings, "dilated")
    features = 2 * settings.channels
    width = token_width(sequence, features, settings)
    return Network(
        encoder=nn.Sequential(
            nn.Linear(sequence.features_in, features),
            Positions(sequence.length, features),
            _Blocks(features, settings),
            *activation_layers(settings),
            Gather(sequence, features, width),
            *activation_layers(settings),
        ),
        decoder=nn.Sequential(
            *activation_layers(settings),
            Spread(sequence, width, features),
            _Blocks(features, settings),
            *activation_layers(settings),
            nn.Linear(features, sequence.features_out),
        ),
        width=width,
    )


class _Blocks(nn.Module):
    """Residual blocks x + conv1(act(conv3(act(norm(x))))) over ``(B, L, features)``."""

    def __init__(self, features: int, settings: NetworkSettings) -> None:
        super().__init__()
        dilations = [2 ** (i % DILATION_CYCLE) for i in range(settings.depth)]
        self.blocks = nn.ModuleList(
            nn.Sequential(
                group_norm(features),
                *activation_layers(settings),
                nn.Conv1d(features, features, 3, padding=dilation, dilation=dilation),
                *activation_layers(settings),
                nn.Conv1d(features, features, 1),
            )
            for dilation in dilations
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x.transpose(1, 2)  # (B, features, L)
        for block in self.blocks:
            x = x + block(x)
        return x.transpose(1, 2)  # (B, L, features)
