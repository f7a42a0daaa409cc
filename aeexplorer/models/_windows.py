"""Smoothing pictures with a Gaussian window."""

import torch
from torch import Tensor
from torch.nn import functional


def gaussian_window(sigma: float, reach: int) -> Tensor:
    """Weights ``(2·reach + 1,)`` of a Gaussian with that standard deviation in pixels; they sum to 1."""
    places = torch.arange(-reach, reach + 1, dtype=torch.float32)
    weights = (-0.5 * (places / sigma).square()).exp()
    return weights / weights.sum()


def smooth(pictures: Tensor, window: Tensor) -> Tensor:
    """Average over the window around each place where it fits: ``(B, C, H, W) → (B, C, H − 2·reach, W − 2·reach)``."""
    flat = pictures.flatten(0, 1).unsqueeze(1)
    across = functional.conv2d(flat, window[None, None, None])
    return functional.conv2d(across, window[None, None, :, None]).unflatten(0, pictures.shape[:2]).squeeze(2)
