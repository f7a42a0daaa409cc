"""A covered part of the picture: inpainting (context encoders, Pathak et al. 2016, arXiv:1604.07379)."""

import math
from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.modalities.base import Modality
from aeexplorer.models.corruptions.base import PICTURES, CorruptionSettings


class Occlusion(CorruptionSettings):
    """Set a rectangle at a random position to zero.

    The rectangle has the proportions of the picture, and covers the same place in all frames of a video.
    """

    name = "occlusion"
    title = "Occlusion"
    modalities = PICTURES
    kind: Literal["occlusion"] = "occlusion"
    share: Annotated[float, Bounds(gt=0, lt=1)] = 0.25
    """Share of the picture's area that is covered."""

    def corrupt(self, x: Tensor, modality: Modality) -> Tensor:
        rows, columns = (_covered_span(x.shape[axis], self.share, x) for axis in (-2, -1))  # (B, H), (B, W)
        covered = rows[:, :, None] & columns[:, None, :]  # (B, H, W)
        return x.flatten(1, -3).masked_fill(covered[:, None], 0.0).reshape(x.shape)


def _covered_span(size: int, share: float, x: Tensor) -> Tensor:
    """Draw which positions of a side the rectangle covers, bool ``(B, size)``: a span of √share from a random start."""
    length = max(1, round(math.sqrt(share) * size))
    start = torch.randint(0, size - length + 1, (len(x), 1), device=x.device)
    positions = torch.arange(size, device=x.device)
    return (positions >= start) & (positions < start + length)
