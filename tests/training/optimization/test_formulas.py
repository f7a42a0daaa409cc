"""Every optimiser and penalty against its published formula, computed with plain numbers; the gradient's clip by hand."""

import math

import numpy as np
import pytest
import torch

from aeexplorer.data.dataset import Dataset
from aeexplorer.training.config import RunConfig, TrainingConfig
from aeexplorer.training.optimization.optimizers import OPTIMIZERS, add_penalties, build_optimizer
from aeexplorer.training.step import Step
from aeexplorer.training.trainer import Trainer, prepare

RATE, DECAY, MOMENTUM = 0.05, 0.1, 0.7
GRADIENTS = np.array([[1.0, -2.0, 0.5], [0.3, 4.0, -1.0], [-0.7, 0.1, 2.0], [2.5, -0.4, 0.9]])


def by_formula(name: str, w: np.ndarray) -> np.ndarray:
    """Take the steps of an optimiser, as its publication states them, with PyTorch's defaults."""
    mean, square, speed = np.zeros(3), np.zeros(3), np.zeros(3)
    for t, given in enumerate(GRADIENTS, 1):
        g = given if name == "adamw" else given + DECAY * w
        if name in ("adam", "adamw"):
            w = w * (1 - RATE * DECAY) if name == "adamw" else w
            mean, square = 0.9 * mean + 0.1 * g, 0.999 * square + 0.001 * g**2
            w = w - RATE * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
        elif name == "sgd":
            w = w - RATE * g
        elif name in ("momentum", "nesterov"):
            speed = g if t == 1 else MOMENTUM * speed + g
            w = w - RATE * (speed if name == "momentum" else g + MOMENTUM * speed)
        elif name == "rmsprop":
            square = 0.99 * square + 0.01 * g**2
            w = w - RATE * g / (np.sqrt(square) + 1e-8)
        else:
            square = square + g**2
            w = w - RATE * g / (np.sqrt(square) + 1e-10)
    return w


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimisers_follow_their_formulas(name: str) -> None:
    model = torch.nn.Linear(3, 1, bias=False)
    start = np.array([0.5, -1.0, 2.0])
    with torch.no_grad():
        model.weight.copy_(torch.from_numpy(start)[None])
    settings = {"optimizer": name, "learning_rate": RATE, "weight_decay": DECAY, "momentum": MOMENTUM}
    optimizer = build_optimizer(model, TrainingConfig.model_validate(settings))
    for gradient in GRADIENTS:
        model.weight.grad = torch.from_numpy(gradient).float()[None]
        optimizer.step()
    assert model.weight.detach()[0].numpy() == pytest.approx(by_formula(name, start), rel=1e-5)


def test_penalties_are_the_gradients_of_their_sums_and_spare_biases() -> None:
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    loss = model(torch.randn(5, 3)).square().mean()
    penalty = 0.3 * model.weight.abs().sum() + 0.7 * model.weight.square().sum()
    expected = torch.autograd.grad(loss + penalty, tuple(model.parameters()), retain_graph=True)
    loss.backward()
    add_penalties(model, TrainingConfig(l1=0.3, l2=0.7))
    for parameter, gradient in zip(model.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)


def trainer_of(dataset: Dataset, **training: object) -> Trainer:
    plain = {"model.network": "dense", "model.hidden": 8, "training.optimizer": "sgd", "training.precision": "float32"}
    config = RunConfig(dataset=dataset.id).replace(plain | {f"training.{key}": value for key, value in training.items()})
    trainer = prepare(config, dataset, torch.device("cpu"))
    trainer.model.train()
    return trainer


def gradient_of(trainer: Trainer, batch: torch.Tensor) -> dict[str, torch.Tensor]:
    """Compute the gradient of the mean loss of a batch, by the derivative of a sum of single samples."""
    names, parameters = zip(*trainer.model.named_parameters(), strict=True)
    losses = [trainer.model(trainer.model.prepare({"image": trainer.data["image"][i : i + 1]})).loss[0] for i in batch.tolist()]
    return dict(zip(names, torch.autograd.grad(torch.stack(losses).sum() / len(batch), parameters), strict=True))


def test_steps_of_plain_descent_follow_the_gradient_of_the_mean_loss(dataset: Dataset) -> None:
    trainer = trainer_of(dataset, l1=0.01, l2=0.02)
    step = Step(trainer)
    for batch, rate in ((torch.arange(0, 5), 0.1), (torch.arange(5, 12), 0.02)):
        before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
        expected = gradient_of(trainer, batch)
        sums = step(batch, 0.0, rate)
        for name, parameter in trainer.model.named_parameters():
            penalty = 0.01 * before[name].sign() + 0.04 * before[name] if parameter.dim() > 1 else 0.0
            torch.testing.assert_close(parameter.detach(), before[name] - rate * (expected[name] + penalty), rtol=1e-4, atol=1e-5)
        assert set(sums) == {"reconstruction", "loss", "mse"}


def test_gradients_are_clipped_to_a_multiple_of_the_average_of_earlier_norms(dataset: Dataset) -> None:
    trainer = trainer_of(dataset, gradient_clip=0.5)
    step, average = Step(trainer), math.nan
    for number, batch in enumerate((torch.arange(0, 5), torch.arange(5, 12), torch.arange(12, 20))):
        before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
        expected = gradient_of(trainer, batch)
        norm = float(torch.cat([g.flatten() for g in expected.values()]).norm())
        limit = math.inf if number == 0 else 0.5 * average
        assert number == 0 or norm > limit
        average = norm if number == 0 else 0.98 * average + 0.02 * limit
        step(batch, 0.0, 1e-3)
        scale = min(1.0, limit / norm)
        for name, parameter in trainer.model.named_parameters():
            moved = (before[name] - parameter.detach()) / 1e-3
            torch.testing.assert_close(moved, scale * expected[name], rtol=1e-2, atol=1e-3 * norm)
        assert trainer.gradient_norm == pytest.approx(average, rel=1e-4)
