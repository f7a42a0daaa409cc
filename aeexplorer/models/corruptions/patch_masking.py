"""Hidden patches: a masked autoencoder (He et al. 2022, arXiv:2111.06377; for videos, Tong et al. 2022, arXiv:2203.12602)."""

import math
from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.modalities.base import Modality
from aeexplorer.models.corruptions.base import PICTURES, CorruptionSettings


class PatchMasking(CorruptionSettings):
    """Cut the picture into square patches, and set a fixed share of them to zero, different ones in every sample.

    In videos, the same patches are hidden in all frames.
    """

    name = "patch_masking"
    title = "Patches hidden"
    modalities = PICTURES
    kind: Literal["patch_masking"] = "patch_masking"
    share: Annotated[float, Bounds(gt=0, lt=1)] = 0.3
    """Share of the patches that are hidden."""
    patches: Annotated[int, Bounds(ge=2, le=64)] = 7
    """Most patches along the shorter side of the picture."""

    def corrupt(self, x: Tensor, modality: Modality) -> Tensor:
        height, width = x.shape[-2:]
        side = math.ceil(min(height, width) / self.patches)
        rows, columns = math.ceil(height / side), math.ceil(width / side)
        # choose which patches to hide
        hidden = max(1, round(self.share * rows * columns))
        order = torch.rand(len(x), rows * columns, device=x.device).argsort(1)
        visible = (order >= hidden).to(x).view(-1, 1, rows, columns)  # (B, 1, rows, columns)
        # enlarge the mask to pixels
        visible = visible.repeat_interleave(side, 2).repeat_interleave(side, 3)[..., :height, :width]  # (B, 1, H, W)
        return (x.flatten(1, -3) * visible).reshape(x.shape)
