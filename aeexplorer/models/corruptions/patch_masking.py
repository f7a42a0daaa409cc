"""Whole patches hidden: a masked autoencoder (He et al. 2022, arXiv:2111.06377; of videos, Tong et al. 2022,
arXiv:2203.12602)."""

import math
from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.modalities.base import Modality
from aeexplorer.models.corruptions.base import PICTURES, CorruptionSettings


class PatchMasking(CorruptionSettings):
    """The picture is cut into square patches, and a fixed share of them, others in every sample, is set to zero.

    Those of a video are hidden in all its frames.
    """

    name = "patch_masking"
    title = "Patches hidden"
    modalities = PICTURES
    kind: Literal["patch_masking"] = "patch_masking"
    share: Annotated[float, Bounds(gt=0, lt=1)] = 0.3
    """Share of the patches that is hidden."""
    patches: Annotated[int, Bounds(ge=2, le=64)] = 7
    """Patches along the shorter side of the picture, at most."""

    def corrupt(self, x: Tensor, modality: Modality) -> Tensor:
        height, width = x.shape[-2:]
        side = math.ceil(min(height, width) / self.patches)
        rows, columns = math.ceil(height / side), math.ceil(width / side)
        hidden = max(1, round(self.share * rows * columns))
        order = torch.rand(len(x), rows * columns, device=x.device).argsort(1)
        kept = (order >= hidden).to(x).view(-1, 1, rows, columns)
        kept = kept.repeat_interleave(side, 2).repeat_interleave(side, 3)[..., :height, :width]
        return (x.flatten(1, -3) * kept).reshape(x.shape)
