"""A small transformer over patches of a picture or columns of a table (ViT, Dosovitskiy et al. 2021, arXiv:2010.11929)."""

import math

from torch import Tensor, nn

from aeexplorer.modalities.base import Network, NetworkSettings
from aeexplorer.modalities.networks.layers import dropout, nonlinear, refuse_tied
from aeexplorer.modalities.networks.sequences import Gather, Positions, Spread, Steps, token_width


def transformer(steps: Steps, settings: NetworkSettings) -> Network:
    """`depth` blocks on either side, of twice `channels` features; learned positions, norms before each part of a block
    (Xiong et al. 2020, arXiv:2002.04745).

    Raises
    ------
    UserError
        For tied weights.
    """
    refuse_tied(settings, "transformer")
    features = 2 * settings.channels
    width = token_width(steps, features, settings)
    return Network(
        encoder=nn.Sequential(
            nn.Linear(steps.read, features),
            Positions(steps.length, features),
            *(_Block(features, settings) for _ in range(settings.depth)),
            nn.LayerNorm(features),
            Gather(steps, features, width),
            *nonlinear(settings),
        ),
        decoder=nn.Sequential(
            *nonlinear(settings),
            Spread(steps, width, features),
            *(_Block(features, settings) for _ in range(settings.depth)),
            nn.LayerNorm(features),
            nn.Linear(features, steps.written),
        ),
        width=width,
    )


class _Block(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)), over ``(B, L, features)``."""

    def __init__(self, features: int, settings: NetworkSettings) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.LayerNorm(features), _Attention(features), *dropout(settings))
        self.mlp = nn.Sequential(
            nn.LayerNorm(features),
            nn.Linear(features, 2 * features),
            *nonlinear(settings),
            nn.Linear(2 * features, features),
            *dropout(settings),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(x)
        return x + self.mlp(x)


class _Attention(nn.Module):
    """softmax(Q·Kᵀ/√d)·V in up to four heads (Vaswani et al. 2017, arXiv:1706.03762).

    Written out, since the fused kernels have no second derivative, which a contractive penalty needs.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.heads = math.gcd(features, 4)
        self.to_parts = nn.Linear(features, 3 * features, bias=False)
        self.out = nn.Linear(features, features)

    def forward(self, x: Tensor) -> Tensor:
        parts = self.to_parts(x).unflatten(2, (3, self.heads, -1))  # (B, L, 3, heads, d)
        query, key, value = parts.transpose(1, 3).unbind(2)  # (B, heads, L, d)
        scores = (query * query.shape[-1] ** -0.5) @ key.transpose(2, 3)
        return self.out((scores.softmax(3) @ value).transpose(1, 2).flatten(2))
