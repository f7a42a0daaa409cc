"""Features set to zero at random (Vincent et al. 2010, JMLR 11:3371)."""

from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.modalities.base import Modality
from aeexplorer.models.corruptions.base import CorruptionSettings


class Masking(CorruptionSettings):
    """Set each feature (of pictures: each pixel with all its channels) to zero with some probability."""

    name = "masking"
    title = "Masking"
    kind: Literal["masking"] = "masking"
    share: Annotated[float, Bounds(gt=0, lt=1)] = 0.3
    """Probability that a feature is masked."""

    def corrupt(self, x: Tensor, modality: Modality) -> Tensor:
        positions = x[:, :1] if x.dim() >= 4 else x  # pictures: one draw for all channels
        return x * (torch.rand_like(positions) >= self.share)
