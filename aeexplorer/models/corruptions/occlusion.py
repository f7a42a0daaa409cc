"""A part of the picture covered: inpainting (context encoders, Pathak et al. 2016, arXiv:1604.07379)."""

import math
from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.modalities.base import Modality
from aeexplorer.models.corruptions.base import PICTURES, CorruptionSettings


class Occlusion(CorruptionSettings):
    """One rectangle of the picture's proportions, somewhere else in every sample, is set to zero, in all frames of a video."""

    name = "occlusion"
    title = "Occlusion"
    modalities = PICTURES
    kind: Literal["occlusion"] = "occlusion"
    share: Annotated[float, Bounds(gt=0, lt=1)] = 0.25
    """Share of the picture's area that is covered."""

    def corrupt(self, x: Tensor, modality: Modality) -> Tensor:
        covered = _span(x.shape[-2], self.share, x)[:, :, None] & _span(x.shape[-1], self.share, x)[:, None, :]
        return x.flatten(1, -3).masked_fill(covered[:, None], 0.0).reshape(x.shape)


def _span(size: int, share: float, x: Tensor) -> Tensor:
    """Which places of a side the rectangle covers: bool ``(B, size)``, a run of √share of them from a random start."""
    length = max(1, round(math.sqrt(share) * size))
    start = torch.randint(0, size - length + 1, (len(x), 1), device=x.device)
    places = torch.arange(size, device=x.device)
    return (places >= start) & (places < start + length)
