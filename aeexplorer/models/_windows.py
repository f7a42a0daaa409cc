"""Smoothing of pictures with a Gaussian window."""

import torch
from torch import Tensor
from torch.nn import functional


def gaussian_window(sigma: float, radius: int) -> Tensor:
    """Return the weights ``(2·radius + 1,)`` of a Gaussian with standard deviation `sigma` in pixels. They sum to 1."""
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float32)
    weights = (-0.5 * (offsets / sigma).square()).exp()
    return weights / weights.sum()


def smooth(pictures: Tensor, window: Tensor) -> Tensor:
    """Average over a window at every position where it fits: ``(B, C, H, W) → (B, C, H − 2·radius, W − 2·radius)``."""
    flat = pictures.flatten(0, 1).unsqueeze(1)  # (B·C, 1, H, W)
    # a Gaussian is separable: filter along rows, then along columns
    across = functional.conv2d(flat, window[None, None, None])
    return functional.conv2d(across, window[None, None, :, None]).unflatten(0, pictures.shape[:2]).squeeze(2)
