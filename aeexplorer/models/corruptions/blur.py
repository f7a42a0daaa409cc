"""Blurred pictures."""

import math
from typing import Annotated, Literal

from pydantic import Field as Bounds
from torch import Tensor
from torch.nn import functional

from aeexplorer.modalities.base import Modality
from aeexplorer.models._windows import gaussian_window, smooth
from aeexplorer.models.corruptions.base import PICTURES, CorruptionSettings


class Blur(CorruptionSettings):
    """Smooth the picture, or each frame of a video, with a Gaussian. Beyond the edges, the edge pixels are repeated."""

    name = "blur"
    title = "Blur"
    modalities = PICTURES
    kind: Literal["blur"] = "blur"
    radius: Annotated[float, Bounds(gt=0, le=20)] = 1.0
    """Standard deviation of the Gaussian, in pixels."""

    def corrupt(self, x: Tensor, modality: Modality) -> Tensor:
        reach = math.ceil(3 * self.radius)
        padded = functional.pad(x.flatten(1, -3), (reach,) * 4, mode="replicate")  # (B, C, H + 2·reach, W + 2·reach)
        return smooth(padded, gaussian_window(self.radius, reach).to(x)).reshape(x.shape)
