"""Fields that are hidden from the encoder: the model learns to infer them from the others (Ngiam et al. 2011, ICML)."""

from collections.abc import Mapping
from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.modalities.base import Modality
from aeexplorer.models.corruptions.base import CorruptionSettings


class DroppedFields(CorruptionSettings):
    """Each field of a sample (its picture, its text) is hidden with some probability, but never all of them.

    For data with several fields.
    """

    name = "dropped_fields"
    title = "Dropped fields"
    drops_fields = True
    kind: Literal["dropped_fields"] = "dropped_fields"
    share: Annotated[float, Bounds(gt=0, lt=1)] = 0.3
    """Probability that a field of a sample is hidden."""

    def corrupt(self, x: Tensor, modality: Modality) -> Tensor:
        return x

    def corrupt_all(self, x: Mapping[str, Tensor], modalities: Mapping[str, Modality]) -> dict[str, Tensor]:
        present = torch.stack([~batch.flatten(1).isnan().all(1) for batch in x.values()])  # (fields, B)
        # hide fields whose draw is below the share, except the largest draw of each sample
        draws = torch.rand(present.shape, device=present.device).masked_fill(~present, -1.0)
        hidden = (draws < self.share) & (draws < draws.max(0).values)
        return {
            name: batch.masked_fill(mask.view(-1, *[1] * (batch.dim() - 1)), torch.nan)
            for (name, batch), mask in zip(x.items(), hidden, strict=True)
        }
