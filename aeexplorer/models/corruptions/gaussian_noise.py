"""Additive Gaussian noise (Vincent et al. 2010, JMLR 11:3371)."""

from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.modalities.base import Modality
from aeexplorer.models.corruptions.base import CorruptionSettings


class GaussianNoise(CorruptionSettings):
    """Add noise to every feature: x + N(0, σ²)."""

    name = "gaussian_noise"
    title = "Gaussian noise"
    unfit = frozenset({"text"})
    kind: Literal["gaussian_noise"] = "gaussian_noise"
    noise: Annotated[float, Bounds(gt=0, le=5)] = 0.3
    """Standard deviation σ of the noise, in units of the data's [0, 1] range."""

    def corrupt(self, x: Tensor, modality: Modality) -> Tensor:
        return x + self.noise * torch.randn_like(x)
