"""Features set to the lowest or the highest value at random (Vincent et al. 2010, JMLR 11:3371)."""

from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.modalities.base import Modality
from aeexplorer.models.corruptions.base import CorruptionSettings


class SaltAndPepper(CorruptionSettings):
    """Set some features (of pictures: pixels with all their channels) to 0 or 1 with equal probability.

    Missing features stay missing.
    """

    name = "salt_and_pepper"
    title = "Salt and pepper"
    unfit = frozenset({"text"})
    kind: Literal["salt_and_pepper"] = "salt_and_pepper"
    share: Annotated[float, Bounds(gt=0, lt=1)] = 0.2
    """Probability that a feature is changed."""

    def corrupt(self, x: Tensor, modality: Modality) -> Tensor:
        draws = torch.rand_like(x[:, :1] if x.dim() >= 4 else x)  # pictures: one draw for all channels
        values = (draws < self.share / 2).to(x)
        return torch.where((draws < self.share) & ~x.isnan(), values, x)
