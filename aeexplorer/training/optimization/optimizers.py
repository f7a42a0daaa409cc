"""Optimisers by name, and the penalties that pull on the weights."""

import math
from collections.abc import Callable, Iterable, Sequence

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


class AdamState:
    """What Adam and AdamW keep of the parameters, taken out of PyTorch's optimiser, and their step as few plain operations.

    It is the same step (Kingma & Ba 2015, arXiv:1412.6980, in the order that ends its section 2; Loshchilov & Hutter 2019,
    arXiv:1711.05101), in a form that `torch.compile` makes one with the computation of the gradient.

    Parameters
    ----------
    optimizer
        One of `KINDS` that has taken steps, all with the same parameters.
    """

    KINDS = ("adam", "adamw")

    def __init__(self, optimizer: Optimizer) -> None:
        (self._group,) = optimizer.param_groups
        self.parameters: list[Tensor] = [p for p in self._group["params"] if p in optimizer.state]
        """Those that have a gradient."""
        states = [optimizer.state[p] for p in self.parameters]
        self._means, self._squares = [s["exp_avg"] for s in states], [s["exp_avg_sq"] for s in states]
        self._counts = [s["step"] for s in states]
        (self._count,) = {int(count) for count in self._counts}
        self._betas, self._decay = self._group["betas"], self._group["weight_decay"]
        self._decoupled = isinstance(optimizer, torch.optim.AdamW)

    def next_scales(self) -> Tensor:
        """Count a step, and tell by what it scales: the move, the least root, the parameters."""
        torch._foreach_add_(self._counts, 1)
        self._count += 1
        rate, (mean, square) = self._group["lr"], self._betas
        root = math.sqrt(1 - square**self._count)
        kept = 1 - rate * self._decay if self._decoupled else 1.0
        return torch.tensor([rate * root / (1 - mean**self._count), self._group["eps"] * root, kept])

    def move(self, gradients: Sequence[Tensor], scales: Tensor) -> None:
        """Take a step along the gradients of the parameters, by the scales that `next_scales` told."""
        step, least, kept = scales.unbind()
        with torch.no_grad():
            for parameter, gradient, mean, square in zip(self.parameters, gradients, self._means, self._squares, strict=True):
                if self._decay and not self._decoupled:
                    gradient = gradient + self._decay * parameter
                mean.lerp_(gradient, 1 - self._betas[0])
                square.mul_(self._betas[1]).addcmul_(gradient, gradient, value=1 - self._betas[1])
                if self._decay and self._decoupled:
                    parameter.mul_(kept)
                parameter.sub_(step * (mean / (square.sqrt() + least)))


@torch.no_grad()
def add_penalties(model: nn.Module, training: TrainingConfig) -> None:
    """Add to the gradients those of l1·Σ|w| + l2·Σw² over the weights (not the biases, which have one dimension)."""
    weights: list[Tensor] = [p for p in model.parameters() if p.dim() > 1 and p.grad is not None]
    gradients = [p.grad for p in weights if p.grad is not None]
    if training.l1:
        torch._foreach_add_(gradients, torch._foreach_sign(weights), alpha=training.l1)
    if training.l2:
        torch._foreach_add_(gradients, weights, alpha=2 * training.l2)
