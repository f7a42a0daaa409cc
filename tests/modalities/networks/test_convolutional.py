"""Layers of the convolutional networks that are optimised for speed agree with those of torch."""

import torch
from torch import nn

from aeexplorer.modalities.networks.convolutional import _Flatten, _UpConv
from aeexplorer.modalities.networks.layers import group_norm


def gradients(layer: nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    x = x.clone().requires_grad_()
    y = layer(x)
    return [y.detach(), *torch.autograd.grad((y * y.detach().cos()).sum(), [x, *layer.parameters()])]


def test_transposed_convolution_with_separate_bias_equals_torch() -> None:
    torch.manual_seed(0)
    layer, reference = _UpConv(8, 4), nn.ConvTranspose2d(8, 4, 4, stride=2, padding=1)
    reference.load_state_dict(layer.state_dict())
    x = torch.randn(3, 8, 5, 7)
    for ours, theirs in zip(gradients(layer, x), gradients(reference, x), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_group_norm_of_bfloat16_is_computed_in_float32() -> None:
    x = torch.randn(16, 32, 7, 7).bfloat16().contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        y = group_norm(32)(x)
    assert y.dtype == torch.bfloat16
    assert y.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(y, nn.GroupNorm(4, 32)(x.float()).bfloat16())


def test_flatten_returns_the_gradient_in_channels_last_layout() -> None:
    x = torch.randn(3, 8, 5, 7).contiguous(memory_format=torch.channels_last).requires_grad_()
    weights = torch.randn(8 * 5 * 7)
    (gradient,) = torch.autograd.grad((_Flatten()(x) @ weights).sum(), x)
    assert gradient.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(gradient, weights.view(1, 8, 5, 7).expand_as(x))
