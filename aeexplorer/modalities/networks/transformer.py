"""A small transformer over patches, columns, steps or text tokens (ViT, Dosovitskiy et al. 2021, arXiv:2010.11929)."""

import math

from torch import Tensor, nn

from aeexplorer.modalities.base import Network, NetworkSettings
from aeexplorer.modalities.networks.layers import activation_layers, dropout_layers, refuse_tied
from aeexplorer.modalities.networks.sequences import Gather, Positions, SequenceShape, Spread, token_width


def build_transformer(sequence: SequenceShape, settings: NetworkSettings) -> Network:
    """Build an encoder and a decoder of `depth` transformer blocks each, with 2 · `channels` features.

    Positions are learned. Each part of a block normalises its input first (pre-norm, Xiong et al. 2020, arXiv:2002.04745).

    Raises
    ------
    UserError
        If the settings ask for tied weights.
    """
    refuse_tied(settings, "transformer")
    features = 2 * settings.channels
    width = token_width(sequence, features, settings)
    return Network(
        encoder=nn.Sequential(
            nn.Linear(sequence.features_in, features),
            Positions(sequence.length, features),
            *(_Block(features, settings) for _ in range(settings.depth)),
            nn.LayerNorm(features),
            Gather(sequence, features, width),
            *activation_layers(settings),
        ),
        decoder=nn.Sequential(
            *activation_layers(settings),
            Spread(sequence, width, features),
            *(_Block(features, settings) for _ in range(settings.depth)),
            nn.LayerNorm(features),
            nn.Linear(features, sequence.features_out),
        ),
        width=width,
    )


class _Block(nn.Module):
    """Transformer block over ``(B, L, features)``: x + attention(norm(x)), then x + mlp(norm(x))."""

    def __init__(self, features: int, settings: NetworkSettings) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.LayerNorm(features), _Attention(features), *dropout_layers(settings))
        self.mlp = nn.Sequential(
            nn.LayerNorm(features),
            nn.Linear(features, 2 * features),
            *activation_layers(settings),
            nn.Linear(2 * features, features),
            *dropout_layers(settings),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(x)
        return x + self.mlp(x)


class _Attention(nn.Module):
    """Self-attention softmax(Q·Kᵀ/√d)·V with up to four heads (Vaswani et al. 2017, arXiv:1706.03762).

    The formula is written out because the fused kernels have no second derivative, which the contractive penalty needs.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.heads = math.gcd(features, 4)
        self.to_parts = nn.Linear(features, 3 * features, bias=False)
        self.out = nn.Linear(features, features)

    def forward(self, x: Tensor) -> Tensor:
        parts = self.to_parts(x).unflatten(2, (3, self.heads, -1))  # (B, L, 3, heads, d)
        query, key, value = parts.transpose(1, 3).unbind(2)  # (B, heads, L, d)
        scores = (query * query.shape[-1] ** -0.5) @ key.transpose(2, 3)  # (B, heads, L, L)
        return self.out((scores.softmax(3) @ value).transpose(1, 2).flatten(2))  # (B, L, features)
