"""Conversion between rows of a table and sequences with one column per step: ``(B, features)`` and ``(B, columns, F)``."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class ToColumns(nn.Module):
    """Turn features with NaNs into a sequence of columns: ``(B, features) → (B, columns, widest + 1)``.

    Each step holds the features of its column, zeros up to the widest column, and 1 if the column is missing (else 0).

    Parameters
    ----------
    features_of_column
        For each column, the indices of its features.
    """

    index: Tensor

    def __init__(self, features_of_column: Sequence[Sequence[int]]) -> None:
        super().__init__()
        size, widest = sum(map(len, features_of_column)), max(map(len, features_of_column))
        zero, mask = size, size + 1  # `forward` appends one zero, then the mask of missing features
        rows = [[*own, *[zero] * (widest - len(own)), mask + own[0]] for own in features_of_column]
        self.register_buffer("index", torch.tensor(rows).flatten(), persistent=False)
        self.columns = len(features_of_column)

    def forward(self, x: Tensor) -> Tensor:
        source = torch.cat([nn.functional.pad(x.nan_to_num(0.0), (0, 1)), x.isnan().to(x.dtype)], 1)  # (B, 2·features + 1)
        return source.index_select(1, self.index).unflatten(1, (self.columns, -1))  # (B, columns, widest + 1)


class FromColumns(nn.Module):
    """Turn a sequence of columns back into features: ``(B, columns, widest) → (B, features)``."""

    index: Tensor

    def __init__(self, features_of_column: Sequence[Sequence[int]]) -> None:
        super().__init__()
        widest = max(map(len, features_of_column))
        position = {
            feature: column * widest + i for column, own in enumerate(features_of_column) for i, feature in enumerate(own)
        }
        index = torch.tensor([position[feature] for feature in sorted(position)])
        self.register_buffer("index", index, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1).index_select(1, self.index)
