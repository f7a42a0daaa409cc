"""Layers that replace missing values (NaN in x-space) at the input of an encoder."""

import torch
from torch import Tensor, nn


class ZeroMissing(nn.Module):
    """Replace NaNs with zeros."""

    def forward(self, x: Tensor) -> Tensor:
        return x.nan_to_num(0.0)


class AppendMissingMask(nn.Module):
    """Replace NaNs with zeros and append the mask of missing features: ``(…, F) → (…, 2F)``."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x.nan_to_num(0.0), x.isnan().to(x.dtype)], -1)
