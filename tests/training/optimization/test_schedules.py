"""Learning-rate schedules, compared with those of PyTorch."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from aeexplorer.training.config import TrainingConfig
from aeexplorer.training.optimization.schedules import SCHEDULES, Plateau, rate_factor

STEPS = 60


def rates(**settings: object) -> list[float]:
    training = TrainingConfig(**settings)
    return [rate_factor(step / STEPS, training) for step in range(STEPS)]


def pytorch_rates(build: object) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = build(optimizer)  # type: ignore[operator]
    rates = []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def rise_and_cosine(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
    up = lr_scheduler.LinearLR(optimizer, 0.1, 1.0, total_iters=6)
    down = lr_scheduler.CosineAnnealingLR(optimizer, 54, eta_min=0.01)
    return lr_scheduler.SequentialLR(optimizer, [up, down], milestones=[6])


@pytest.mark.parametrize(
    ("settings", "build"),
    [
        ({"schedule": "constant"}, lambda o: lr_scheduler.ConstantLR(o, factor=1.0)),
        ({"schedule": "cosine"}, lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS)),
        ({"schedule": "step", "decays": 3, "decay_factor": 0.5}, lambda o: lr_scheduler.StepLR(o, 15, gamma=0.5)),
        (
            {"schedule": "exponential", "decays": 2, "decay_factor": 0.3},
            lambda o: lr_scheduler.ExponentialLR(o, 0.3 ** (2 / STEPS)),
        ),
        ({"schedule": "one_cycle"}, rise_and_cosine),
        ({"schedule": "constant", "warm_up": 0.2}, lambda o: lr_scheduler.LinearLR(o, 0.1, 1.0, total_iters=12)),
    ],
)
def test_schedules_match_pytorch(settings: dict[str, object], build: object) -> None:
    assert rates(**settings) == pytest.approx(pytorch_rates(build), rel=1e-5)


@given(st.lists(st.floats(min_value=0.1, max_value=10), min_size=1, max_size=40), st.integers(0, 4))
def test_plateau_decays_when_pytorch_does(losses: list[float], patience: int) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    expected = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=patience, eps=0.0)
    ours = Plateau(0.5, patience)
    for loss in losses:
        ours.update(loss)
        expected.step(loss)
        assert ours.factor == pytest.approx(optimizer.param_groups[0]["lr"])
        restored = Plateau(0.5, patience)
        restored.restore(ours.state())
        assert restored.state() == ours.state()


@pytest.mark.parametrize("name", SCHEDULES)
@given(progress=st.floats(min_value=0, max_value=1), warm_up=st.sampled_from([0.0, 0.2, 0.5]))
def test_factors_are_between_zero_and_one(name: str, progress: float, warm_up: float) -> None:
    assert 0 <= rate_factor(progress, TrainingConfig(schedule=name, warm_up=warm_up)) <= 1 + 1e-12


def test_step_decays_no_more_often_than_the_settings_say() -> None:
    training = TrainingConfig(schedule="step", decays=2, decay_factor=0.1)
    assert math.isclose(rate_factor(1.0, training), 0.01)


def test_plateau_needs_an_improvement_of_a_ten_thousandth_and_remembers_the_lowest_loss() -> None:
    plateau = Plateau(0.5, 0)
    factors = []
    for loss in (1.0, 0.99995, 0.9998, 0.99985, 0.5, 0.6, 0.55):
        plateau.update(loss)
        factors.append(plateau.factor)
    assert factors == [1.0, 0.5, 0.5, 0.25, 0.25, 0.125, 0.0625]
