"""The mean of all fields that a sample has, each projected to a common width."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from aeexplorer.models.fusions.base import Fusion, FusionSettings


class AverageFusion(Fusion):
    """Mean of W_f·tokens_f over the fields f that a sample has. A single field passes unchanged.

    Parameters
    ----------
    widths
        Width of the tokens of each field, by name.
    """

    def __init__(self, widths: Mapping[str, int]) -> None:
        super().__init__()
        self.width = max(widths.values())
        self.project = nn.ModuleDict({name: nn.Linear(w, self.width) for name, w in widths.items()} if len(widths) > 1 else {})

    def forward(self, tokens: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        if not self.project:
            return next(iter(tokens.values()))
        projected = torch.stack([self.project[name](t) for name, t in tokens.items()])  # (fields, B, T, width)
        if not present:
            return projected.mean(0)
        ones = torch.ones(projected.shape[1], device=projected.device)
        weights = torch.stack([present.get(name, ones).to(projected) for name in tokens])[..., None, None]  # (fields, B, 1, 1)
        return (weights * projected).sum(0) / weights.sum(0).clamp_min(1)  # (B, T, width)


class Average(FusionSettings):
    """Mean of the fields that a sample has."""

    name = "average"
    title = "Average"
    kind: Literal["average"] = "average"

    def build(self, widths: Mapping[str, int]) -> tuple[Fusion, int]:
        fusion = AverageFusion(widths)
        return fusion, fusion.width
