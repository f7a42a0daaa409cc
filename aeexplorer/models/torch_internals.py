"""The parts of PyTorch that are not public: all of them are used here, and a test fails when one of them changes."""

from typing import TypeGuard

import torch
from torch import Tensor

Tensors = list[Tensor] | tuple[Tensor, ...]


def add_each_(tensors: Tensors, values: Tensors | float, scale: float = 1.0) -> None:
    """Add to each tensor, in place and in few calls: ``tensors[i] += scale · values[i]``, or one number to all of them."""
    if isinstance(values, int | float):
        torch._foreach_add_(tensors, values * scale)
    else:
        torch._foreach_add_(tensors, values, alpha=scale)


def sign_each(tensors: Tensors) -> Tensors:
    """Return the signs of each tensor's elements."""
    return torch._foreach_sign(tensors)


def lerp_each_(tensors: Tensors, ends: Tensors, weight: float) -> None:
    """Move each tensor towards another, in place: ``tensors[i] += weight · (ends[i] − tensors[i])``."""
    torch._foreach_lerp_(tensors, ends, weight)


def storage_key(tensor: Tensor) -> int:
    """Return a number that tensors share if they share their memory, on the meta device too, while one of them lives."""
    return tensor.untyped_storage()._cdata


def is_operator(target: object) -> "TypeGuard[torch._ops.OpOverload]":
    """Return whether the target of a graph's node is an ATen operation."""
    return isinstance(target, torch._ops.OpOverload)


def compile_gradients() -> None:
    """Let `torch.compile` take gradients (`torch.autograd.grad`) into the compiled program."""
    torch._dynamo.config.trace_autograd_ops = True
