"""Fields that are hidden from the encoder: the model learns to tell them from the others (Ngiam et al. 2011, ICML)."""

from collections.abc import Mapping
from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.modalities.base import Modality
from aeexplorer.models.corruptions.base import CorruptionSettings


class DroppedFields(CorruptionSettings):
    """Of data of several fields, each field of a sample (its picture, its text) is hidden with a probability, but never all."""

    name = "dropped_fields"
    title = "Dropped fields"
    drops_fields = True
    kind: Literal["dropped_fields"] = "dropped_fields"
    share: Annotated[float, Bounds(gt=0, lt=1)] = 0.3
    """Probability that a field of a sample is hidden."""

    def corrupt(self, x: Tensor, modality: Modality) -> Tensor:
        return x

    def corrupt_all(self, x: Mapping[str, Tensor], modalities: Mapping[str, Modality]) -> dict[str, Tensor]:
        there = torch.stack([~batch.flatten(1).isnan().all(1) for batch in x.values()])  # (fields, B)
        luck = torch.rand(there.shape, device=there.device).masked_fill(~there, -1.0)
        hidden = (luck < self.share) & (luck < luck.max(0).values)
        return {
            name: batch.masked_fill(mask.view(-1, *[1] * (batch.dim() - 1)), torch.nan)
            for (name, batch), mask in zip(x.items(), hidden, strict=True)
        }
