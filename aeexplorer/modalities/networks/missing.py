"""What an encoder makes of values that are missing, NaN in x-space."""

import torch
from torch import Tensor, nn


class KnownOrZero(nn.Module):
    """NaNs → zeros in their place."""

    def forward(self, x: Tensor) -> Tensor:
        return x.nan_to_num(0.0)


class WithMask(nn.Module):
    """``(…, F)`` with NaNs → ``(…, 2F)``: the values with zeros for missing ones, and which are missing."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x.nan_to_num(0.0), x.isnan().to(x.dtype)], -1)
