"""Optimisers and penalties, and the effect of every training setting on the model."""

from typing import Any, get_args

import pytest
import torch

from aeexplorer.core.settings import When, settings_without_effect
from aeexplorer.data.dataset import Dataset
from aeexplorer.training.config import RunConfig, TrainingConfig
from aeexplorer.training.loop import Snapshot, fit
from aeexplorer.training.optimization.optimizers import OPTIMIZERS, AdamState, build_optimizer
from aeexplorer.training.trainer import Trainer, prepare

SMALL = {
    "model.network": "dense",
    "model.hidden": 16,
    "training.epochs": 4,
    "training.batch_size": 32,
    "training.precision": "float32",
}
VARIED: dict[str, tuple[dict[str, Any], Any]] = {
    "epochs": ({}, 5),
    "batch_size": ({}, 64),
    "learning_rate": ({}, 1e-3),
    "optimizer": ({}, "sgd"),
    "momentum": ({"optimizer": "momentum"}, 0.5),
    "schedule": ({}, "constant"),
    "warm_up": ({"schedule": "cosine"}, 0.3),
    "decay_factor": ({"schedule": "step"}, 0.9),
    "decays": ({"schedule": "exponential"}, 1),
    "plateau": ({"schedule": "plateau", "learning_rate": 0.1, "epochs": 12}, 0),
    "final_batch_size": ({}, 128),
    "weight_decay": ({}, 0.1),
    "l1": ({}, 0.1),
    "l2": ({}, 0.1),
    "gradient_clip": ({}, 0.5),
    "patience": ({"learning_rate": 0.1, "schedule": "constant", "epochs": 12}, 1),
    "averaging": ({}, 0.9),
    "precision": ({}, "bfloat16"),
}
NO_EFFECT_ON_A_CPU = {"deterministic"}


def trained(dataset: Dataset, settings: dict[str, Any]) -> tuple[Trainer, list[Snapshot]]:
    config = RunConfig(dataset=dataset.id).replace(SMALL | {f"training.{name}": value for name, value in settings.items()})
    trainer = prepare(config, dataset, torch.device("cpu"))
    snapshots = list(fit(trainer))
    trainer.use_final_weights()
    return trainer, snapshots


@pytest.mark.parametrize("name", AdamState.KINDS)
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_adam_state_updates_like_pytorch(name: str, decay: float) -> None:
    settings = TrainingConfig.model_validate({"optimizer": name, "weight_decay": decay})
    reference, model = (torch.nn.Linear(4, 3) for _ in range(2))
    model.load_state_dict(reference.state_dict())
    reference_optimizer, optimizer = build_optimizer(reference, settings), build_optimizer(model, settings)
    state = None
    for step in range(9):
        gradients = [torch.randn_like(p) for p in reference.parameters()]
        for module in (reference, model):
            for parameter, gradient in zip(module.parameters(), gradients, strict=True):
                parameter.grad = gradient.clone()
        rate = 0.1 / (step + 1)
        reference_optimizer.param_groups[0]["lr"] = optimizer.param_groups[0]["lr"] = rate
        reference_optimizer.step()
        if step in (0, 7, 8):
            optimizer.step()
            continue
        state = state or AdamState(optimizer)
        state.update(gradients, state.next_scales())
    for expected, actual in zip(reference.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(actual, expected)
        for key, value in reference_optimizer.state[expected].items():
            torch.testing.assert_close(optimizer.state[actual][key], value)


def test_every_setting_is_varied() -> None:
    assert set(VARIED) | NO_EFFECT_ON_A_CPU == set(TrainingConfig.model_fields)


@pytest.mark.parametrize("name", VARIED)
def test_varying_a_setting_changes_the_model(dataset: Dataset, name: str) -> None:
    base, other = VARIED[name]
    before, after = (trained(dataset, settings)[0].model.state_dict() for settings in (base, base | {name: other}))
    assert any(not torch.equal(before[key], after[key]) for key in before)


CONDITIONS = [
    (name, setting, value)
    for name, field in TrainingConfig.model_fields.items()
    for setting in {setting for mark in field.metadata if isinstance(mark, When) for setting in mark.conditions}
    for value in get_args(TrainingConfig.model_fields[setting].annotation) or (1, 2)
]
DECAYING: dict[str, Any] = {"learning_rate": 0.1, "epochs": 12, "plateau": 0}
"""Settings with which the schedule plateau decays."""


@pytest.mark.parametrize(("name", "setting", "value"), CONDITIONS)
def test_settings_have_an_effect_exactly_where_they_say_so(dataset: Dataset, name: str, setting: str, value: Any) -> None:
    base = (DECAYING if setting == "schedule" else {}) | {setting: value}
    other = {"momentum": 0.5, "decay_factor": 0.9, "decays": 1, "plateau": 5, "final_batch_size": 128}[name]
    config = RunConfig(dataset=dataset.id).replace({f"training.{key}": value for key, value in base.items()})
    before, after = (trained(dataset, settings)[0].model.state_dict() for settings in (base, base | {name: other}))
    same = all(torch.equal(before[key], after[key]) for key in before)
    assert same == (f"training.{name}" in settings_without_effect(config.leaves()))


def test_deterministic_allows_only_deterministic_algorithms(dataset: Dataset) -> None:
    for deterministic in (True, False):
        prepare(RunConfig(dataset=dataset.id).replace({"training.deterministic": deterministic}), dataset, torch.device("cpu"))
        assert torch.are_deterministic_algorithms_enabled() == deterministic


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimiser_lowers_the_loss(dataset: Dataset, name: str) -> None:
    rate = {"sgd": 3e-2, "momentum": 1e-2, "nesterov": 1e-2, "adagrad": 3e-2}.get(name, 3e-3)
    _, snapshots = trained(dataset, {"optimizer": name, "learning_rate": rate, "epochs": 6})
    assert snapshots[-1].losses["loss"] < 0.9 * snapshots[0].losses["loss"]


def test_l1_makes_weights_small_and_l2_shrinks_the_large_ones(dataset: Dataset) -> None:
    def weights(**settings: float) -> torch.Tensor:
        model = trained(dataset, settings)[0].model
        return torch.cat([p.detach().abs().flatten() for p in model.parameters() if p.dim() > 1])

    free = weights()
    assert (weights(l1=0.3) < 1e-3).float().mean() > 3 * (free < 1e-3).float().mean()
    assert weights(l2=0.3).square().sum() < 0.7 * free.square().sum()


def test_averaged_weights_are_the_final_weights(dataset: Dataset) -> None:
    trainer, _ = trained(dataset, {"averaging": 0.99, "schedule": "constant"})
    used = dict(trainer.model.named_parameters())
    assert all(torch.equal(used[name], trainer.average[name]) for name in used)


def test_stopping_early_goes_back_to_the_lowest_validation_loss(dataset: Dataset) -> None:
    from aeexplorer.training.evaluation import evaluate

    trainer, snapshots = trained(dataset, VARIED["patience"][0] | {"patience": 3, "epochs": 40})
    losses = [s.metrics["validation_loss"] for s in snapshots if s.end_of_epoch]
    assert snapshots[-1].stopped_early
    assert losses[-1] > min(losses)
    assert evaluate(trainer.model, trainer.data, dataset.ids("validation")).loss == pytest.approx(min(losses))
