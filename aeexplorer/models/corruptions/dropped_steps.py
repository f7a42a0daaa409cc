"""Missing steps of a series: the model learns to fill them in (Zerveas et al. 2021, arXiv:2010.02803)."""

from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.modalities.base import Modality
from aeexplorer.models.corruptions.base import CorruptionSettings


class DroppedSteps(CorruptionSettings):
    """Stretches of consecutive steps, with all their channels, are missing. The encoder sees which ones are."""

    name = "dropped_steps"
    title = "Dropped steps"
    modalities = frozenset({"series"})
    kind: Literal["dropped_steps"] = "dropped_steps"
    share: Annotated[float, Bounds(gt=0, lt=1)] = 0.3
    """Probability that a step is dropped."""
    length: Annotated[int, Bounds(ge=1, le=100)] = 8
    """Number of consecutive steps that are dropped together."""

    def corrupt(self, x: Tensor, modality: Modality) -> Tensor:
        steps = x.shape[1]
        # cut each series into stretches, starting at a random offset, and draw which stretches to drop
        positions = torch.arange(steps, device=x.device) + torch.randint(self.length, (len(x), 1), device=x.device)  # (B, steps)
        dropped = torch.rand(len(x), steps // self.length + 2, device=x.device) < self.share  # (B, stretches)
        return x.masked_fill(dropped.gather(1, positions // self.length)[..., None], torch.nan)
