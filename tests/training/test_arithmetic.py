"""What the training loop computes around its steps: order of samples, rates, averages, early stopping, by hand."""

from itertools import chain
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from aeexplorer.data.dataset import Dataset
from aeexplorer.training import loop
from aeexplorer.training.config import RunConfig
from aeexplorer.training.loop import Snapshot, fit
from aeexplorer.training.optimization.schedules import rate_factor
from aeexplorer.training.trainer import Trainer, prepare

LINEAR = {"model.network": "linear", "training.precision": "float32"}


class Recorder:
    """Stands in for the step of a training: notes its batches and rates, and adds 1 to every parameter."""

    first_compiled_step = None
    batches: list[list[int]]
    rates: list[float]

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer

    def __call__(self, batch: torch.Tensor, progress: float, rate: float) -> dict[str, torch.Tensor]:
        Recorder.batches.append(batch.tolist())
        Recorder.rates.append(rate)
        with torch.no_grad():
            for parameter in self._trainer.model.parameters():
                parameter += 1
        return {"loss": torch.tensor(2.0 * len(batch)), "mse": torch.tensor(0.5 * len(batch))}


@pytest.fixture(autouse=True)
def _recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "Step", Recorder)
    Recorder.batches, Recorder.rates = [], []


def trainer_of(dataset: Dataset, seed: int = 0, **training: Any) -> Trainer:
    settings = LINEAR | {"seed": seed} | {f"training.{key}": value for key, value in training.items()}
    return prepare(RunConfig(dataset=dataset.id).replace(settings), dataset, torch.device("cpu"))


def script_validation(monkeypatch: pytest.MonkeyPatch, losses: list[float]) -> list[float]:
    """Let the validations of a training give these losses; return the list of the bias that each of them sees."""
    script, seen = iter(losses), []

    def evaluate(model: torch.nn.Module, *_: object) -> SimpleNamespace:
        seen.append(first_number(model))
        loss = next(script)
        return SimpleNamespace(loss=loss, mse=loss / 10)

    monkeypatch.setattr(loop, "evaluate", evaluate)
    return seen


def first_number(model: torch.nn.Module) -> float:
    return float(next(model.parameters()).detach().flatten()[0])


def epochs_of(dataset: Dataset, **settings: Any) -> list[list[int]]:
    """Return the ids of each epoch, in the order in which they were trained on."""
    Recorder.batches = []
    trainer = trainer_of(dataset, epochs=3, batch_size=50, **settings)
    list(fit(trainer))
    length = trainer.plan.epoch_length(0)
    assert [len(batch) for batch in Recorder.batches] == [50, 50, 50, 50, 50, 6] * 3
    return [list(chain(*Recorder.batches[start : start + length])) for start in range(0, 3 * length, length)]


def test_samples_are_shuffled_anew_for_every_epoch_and_seed(dataset: Dataset) -> None:
    epochs, same, other = (epochs_of(dataset, seed=seed) for seed in (0, 0, 1))
    train = dataset.ids("train").tolist()
    assert epochs == same
    assert all(sorted(order) == train for order in (*epochs, *other))
    orders = {tuple(order) for order in (*epochs, *other)}
    assert len(orders) == 6
    assert tuple(train) not in orders


def test_losses_of_a_snapshot_are_means_over_its_own_samples(dataset: Dataset) -> None:
    snapshots = list(fit(trainer_of(dataset, epochs=2, batch_size=50)))
    assert [s.losses["loss"] for s in snapshots] == pytest.approx([2.0] * len(snapshots))
    assert [s.metrics["mse"] for s in snapshots] == pytest.approx([0.5] * len(snapshots))


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
def test_rates_are_the_highest_rate_times_the_schedule(dataset: Dataset, schedule: str) -> None:
    trainer = trainer_of(dataset, epochs=4, batch_size=128, schedule=schedule, learning_rate=0.25)
    list(fit(trainer))
    training = trainer.config.training
    assert Recorder.rates == pytest.approx([0.25 * rate_factor(step / 8, training) for step in range(8)])


def test_rates_fall_at_a_plateau_of_the_validation_loss(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    script_validation(monkeypatch, [3.0, 2.0, 2.5, 2.5, 1.0, 1.0])
    settings = {"schedule": "plateau", "plateau": 0, "decay_factor": 0.5, "learning_rate": 0.8}
    list(fit(trainer_of(dataset, epochs=6, batch_size=256, **settings)))
    assert Recorder.rates == pytest.approx([0.8, 0.8, 0.8, 0.4, 0.2, 0.2])


def run_early_stopping(dataset: Dataset, monkeypatch: pytest.MonkeyPatch, losses: list[float]) -> tuple[Trainer, list[Snapshot]]:
    script_validation(monkeypatch, losses)
    trainer = trainer_of(dataset, epochs=len(losses), batch_size=256, patience=2)
    start = first_number(trainer.model)
    snapshots = list(fit(trainer))
    trainer.use_final_weights()
    assert first_number(trainer.model) - start == pytest.approx(losses.index(min(losses)) + 1)
    return trainer, snapshots


def test_training_stops_after_its_patience_with_the_weights_of_the_lowest_loss(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer, snapshots = run_early_stopping(dataset, monkeypatch, [5.0, 3.0, 4.0, 2.0, 2.0, 6.0, 7.0])
    assert trainer.step == 6  # the lowest loss after epoch 4, then two epochs without a lower one
    assert [s.stopped_early for s in snapshots] == [False] * 5 + [True]
    assert trainer.lowest_loss == 2.0


def test_training_that_improves_to_its_end_is_not_stopped(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer, snapshots = run_early_stopping(dataset, monkeypatch, [5.0, 6.0, 4.0, 4.5, 3.0])
    assert trainer.step == 5
    assert not any(s.stopped_early for s in snapshots)


def test_averages_follow_the_weights_by_their_decay_after_a_warm_up(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    validated = script_validation(monkeypatch, [1.0] * 60)
    trainer = trainer_of(dataset, epochs=60, batch_size=256, averaging=0.75)
    average = start = first_number(trainer.model)
    expected = []
    for step in range(1, 61):
        decay = min(0.75, (1 + step) / (10 + step))
        # the average starts at the first weights after a step
        average = start + 1 if step == 1 else decay * average + (1 - decay) * (start + step)
        expected.append(average)
    list(fit(trainer))
    assert validated == pytest.approx(expected)  # validation uses the averages
    assert first_number(trainer.model) == pytest.approx(start + 60)  # training goes on from the last weights
    trainer.use_final_weights()
    assert first_number(trainer.model) == pytest.approx(average)
    assert trainer.average[next(iter(dict(trainer.model.named_parameters())))].flatten()[0] == pytest.approx(average)
