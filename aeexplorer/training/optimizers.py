"""Optimisers by name, and the penalties that pull on the weights."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from aeexplorer.training.config import TrainingConfig

OPTIMIZERS: dict[str, Callable[[Iterable[Tensor], TrainingConfig], Optimizer]] = {
    "adam": lambda p, t: torch.optim.Adam(p, t.learning_rate, weight_decay=t.weight_decay, fused=True),
    "adamw": lambda p, t: torch.optim.AdamW(p, t.learning_rate, weight_decay=t.weight_decay, fused=True),
    "sgd": lambda p, t: torch.optim.SGD(p, t.learning_rate, weight_decay=t.weight_decay),
    "momentum": lambda p, t: torch.optim.SGD(p, t.learning_rate, t.momentum, weight_decay=t.weight_decay),
    "nesterov": lambda p, t: torch.optim.SGD(p, t.learning_rate, t.momentum, weight_decay=t.weight_decay, nesterov=True),
    "rmsprop": lambda p, t: torch.optim.RMSprop(p, t.learning_rate, weight_decay=t.weight_decay),
    "adagrad": lambda p, t: torch.optim.Adagrad(p, t.learning_rate, weight_decay=t.weight_decay),
}


def build_optimizer(model: nn.Module, training: TrainingConfig) -> Optimizer:
    """The optimiser that the settings name, for all parameters of a model."""
    return OPTIMIZERS[training.optimizer](model.parameters(), training)


@torch.no_grad()
def add_penalties(model: nn.Module, training: TrainingConfig) -> None:
    """Add to the gradients those of l1·Σ|w| + l2·Σw² over the weights (not the biases, which have one dimension)."""
    weights: list[Tensor] = [p for p in model.parameters() if p.dim() > 1 and p.grad is not None]
    gradients = [p.grad for p in weights if p.grad is not None]
    if training.l1:
        torch._foreach_add_(gradients, torch._foreach_sign(weights), alpha=training.l1)
    if training.l2:
        torch._foreach_add_(gradients, weights, alpha=2 * training.l2)
