"""Rows of a table as sequences: one column a step, ``(B, features) → (B, columns, F)`` and back."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class ToColumns(nn.Module):
    """``(B, features)`` with NaNs → ``(B, columns, widest + 1)``: a column's features, zeros, and whether it is missing.

    Parameters
    ----------
    places
        For each column, where its features are.
    """

    index: Tensor

    def __init__(self, places: Sequence[Sequence[int]]) -> None:
        super().__init__()
        size, widest = sum(map(len, places)), max(map(len, places))
        zero, missing = size, size + 1
        rows = [[*own, *[zero] * (widest - len(own)), missing + own[0]] for own in places]
        self.register_buffer("index", torch.tensor(rows).flatten(), persistent=False)
        self.columns = len(places)

    def forward(self, x: Tensor) -> Tensor:
        source = torch.cat([nn.functional.pad(x.nan_to_num(0.0), (0, 1)), x.isnan().to(x.dtype)], 1)
        return source.index_select(1, self.index).unflatten(1, (self.columns, -1))


class FromColumns(nn.Module):
    """``(B, columns, widest) → (B, features)``."""

    index: Tensor

    def __init__(self, places: Sequence[Sequence[int]]) -> None:
        super().__init__()
        widest = max(map(len, places))
        order = {place: column * widest + i for column, own in enumerate(places) for i, place in enumerate(own)}
        self.register_buffer("index", torch.tensor([order[place] for place in sorted(order)]), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1).index_select(1, self.index)
