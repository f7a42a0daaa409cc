"""Optimisers by name, and penalties on the weights."""

import math
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from aeexplorer.models.torch_internals import add_each_, sign_each
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
    """Build the optimiser that the settings name, for all parameters of a model."""
    return OPTIMIZERS[training.optimizer](model.parameters(), training)


class AdamState:
    """State of Adam or AdamW, shared with PyTorch's optimiser, with the update as a few plain operations.

    The update is PyTorch's own (Kingma & Ba 2015, arXiv:1412.6980, in the efficient order at the end of section 2;
    Loshchilov & Hutter 2019, arXiv:1711.05101), in a form that `torch.compile` fuses with the computation of the gradient.

    Parameters
    ----------
    optimizer
        An optimiser of one of the `KINDS` that has taken steps, every step with the same parameters.
    """

    KINDS = ("adam", "adamw")

    def __init__(self, optimizer: Optimizer) -> None:
        (self._group,) = optimizer.param_groups
        self.parameters: list[Tensor] = [p for p in self._group["params"] if p in optimizer.state]
        """Parameters that have a gradient."""
        states = [optimizer.state[p] for p in self.parameters]
        self._means, self._squares = [s["exp_avg"] for s in states], [s["exp_avg_sq"] for s in states]
        self._counts = [s["step"] for s in states]
        (self._count,) = {int(count) for count in self._counts}
        self._betas, self._decay = self._group["betas"], self._group["weight_decay"]
        self._decoupled = isinstance(optimizer, torch.optim.AdamW)

    def next_scales(self) -> Tensor:
        """Count a step and return its scales, ``(3,)``: the step size, the epsilon, and the factor of the weight decay.

        Both bias corrections are folded into the step size and the epsilon.
        """
        add_each_(self._counts, 1)
        self._count += 1
        rate, (beta1, beta2) = self._group["lr"], self._betas
        correction = math.sqrt(1 - beta2**self._count)
        shrink = 1 - rate * self._decay if self._decoupled else 1.0
        return torch.tensor([rate * correction / (1 - beta1**self._count), self._group["eps"] * correction, shrink])

    def update(self, gradients: Sequence[Tensor], scales: Tensor) -> None:
        """Update the parameters with their gradients and the scales of `next_scales`."""
        step_size, epsilon, shrink = scales.unbind()
        beta1, beta2 = self._betas
        with torch.no_grad():
            for parameter, gradient, mean, square in zip(self.parameters, gradients, self._means, self._squares, strict=True):
                # weight decay as part of the gradient (Adam)
                if self._decay and not self._decoupled:
                    gradient = gradient + self._decay * parameter
                # moving averages of the gradient and its square
                mean.lerp_(gradient, 1 - beta1)
                square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
                # decoupled weight decay (AdamW)
                if self._decay and self._decoupled:
                    parameter.mul_(shrink)
                parameter.sub_(step_size * (mean / (square.sqrt() + epsilon)))


@torch.no_grad()
def add_penalties(model: nn.Module, training: TrainingConfig) -> None:
    """Add the gradient of l1·Σ|w| + l2·Σw² to the gradients of the weights.

    Biases and other parameters with one dimension are not penalised.
    """
    weights: list[Tensor] = [p for p in model.parameters() if p.dim() > 1 and p.grad is not None]
    gradients = [p.grad for p in weights if p.grad is not None]
    if training.l1:
        add_each_(gradients, sign_each(weights), training.l1)
    if training.l2:
        add_each_(gradients, weights, 2 * training.l2)
