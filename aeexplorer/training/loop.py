"""The training loop, as a generator: `fit` yields a snapshot after every few steps and does not know who reads them."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from aeexplorer.core.errors import UserError
from aeexplorer.models.config import LoadedModel
from aeexplorer.models.torch_internals import add_each_
from aeexplorer.training.evaluation import evaluate
from aeexplorer.training.optimization.plan import Plan
from aeexplorer.training.optimization.schedules import rate_factor
from aeexplorer.training.step import Step
from aeexplorer.training.trainer import Trainer

SNAPSHOTS_PER_EPOCH = 10
MAX_SNAPSHOTS_WITHIN_EPOCHS = 1_000
"""Trainings of many short epochs have fewer snapshots per epoch, but always one at the end of each epoch."""
OBSERVER_INTERVAL_SECONDS = 0.2
"""Shortest time between two calls of the observer of `fit`."""


@dataclass
class Snapshot:
    """State of a training after a step, as `fit` yields it."""

    step: int
    steps: int
    epoch: float
    losses: dict[str, float]
    """Mean of each loss term since the last snapshot, in nats per sample, and of their weighted sum ``loss``."""
    metrics: dict[str, float]
    """``mse`` since the last snapshot; at the end of an epoch also ``validation_loss`` and ``validation_mse``."""
    learning_rate: float
    seconds: float
    """Time spent in training so far, without the time that the caller spends between snapshots."""
    samples: int
    """Samples trained on so far."""
    end_of_epoch: bool
    stopped_early: bool = False
    compiling: bool = False
    """Whether the next step is compiled first, which takes some seconds."""


def fit(trainer: Trainer, observe: Callable[[], None] | None = None) -> Iterator[Snapshot]:
    """Train from the trainer's current step to the end.

    Batches are drawn by index from tensors on the device. The order of the samples depends only on the seed and the epoch,
    so a resumed training sees the same batches. The steps that have a snapshot depend only on the settings.

    Parameters
    ----------
    trainer
        State of the training. Between any two steps, `Trainer.checkpoint` holds everything that is needed to continue.
    observe
        Called between steps, at most every `OBSERVER_INTERVAL_SECONDS`. An exception that it raises ends the training.

    Yields
    ------
    Snapshot
        About ten times per epoch, and at the end of each epoch.

    Raises
    ------
    Diverged
        If the loss or a weight is not finite. The trainer is then back at the last finite state.
    UserError
        If the model was made elsewhere.
    """
    if isinstance(trainer.config.model, LoadedModel):
        raise UserError("a model that was made elsewhere cannot be trained here", "Choose a preset to train a model of your own")
    training = trainer.config.training
    train_ids = torch.from_numpy(trainer.dataset.ids("train")).long()
    plan, steps = trainer.plan, trainer.steps
    order, order_epoch = torch.empty(0), -1
    if trainer.last_finite is None:
        trainer.finite_checkpoint()
    trainer.model.train()
    step = Step(trainer)
    clock = _Clock(trainer)

    while trainer.step < steps and not trainer.out_of_patience:
        # draw a batch
        epoch, position = plan.locate(trainer.step)
        if epoch != order_epoch:
            order, order_epoch = _shuffle(train_ids, trainer.config.seed, epoch).to(trainer.device), epoch
        size = plan.batch_sizes[epoch]
        batch = order[position * size : (position + 1) * size]  # (B,)

        # schedule the learning rate
        progress = trainer.step / steps
        rate = training.learning_rate * rate_factor(progress, training) * trainer.plateau.factor

        # forward, loss, gradient, clip, update
        sums = step(batch, progress, rate)
        trainer.step += 1

        # update the averaged weights
        if training.averaging:
            trainer.update_average()

        # add up the losses
        _add_sums(trainer, sums, len(batch))

        # without a snapshot, call the observer and go on
        end_of_epoch = position + 1 == plan.epoch_length(epoch)
        if not end_of_epoch and (position + 1) % _snapshot_interval(plan, epoch):
            if observe is not None and clock.elapsed() > OBSERVER_INTERVAL_SECONDS:
                clock.stop()
                observe()
                clock.start()
            continue

        # average the losses since the last snapshot
        trainer.require_finite(trainer.sums)
        losses = {name: float(value) / trainer.summed_samples for name, value in trainer.sums.items()}
        metrics = {"mse": losses.pop("mse")}
        trainer.sums, trainer.summed_samples = {}, 0

        # validate, and keep a state to fall back to
        if end_of_epoch:
            metrics |= _validate(trainer, losses["loss"])
            trainer.finite_checkpoint()

        # report; the clock stands still while the caller works
        clock.stop()
        yield Snapshot(
            step=trainer.step,
            steps=steps,
            epoch=trainer.epoch,
            losses=losses,
            metrics=metrics,
            learning_rate=rate,
            seconds=trainer.seconds,
            samples=trainer.samples,
            end_of_epoch=end_of_epoch,
            stopped_early=trainer.out_of_patience,
            compiling=trainer.step == step.first_compiled_step,
        )
        trainer.model.train()
        clock.start()


def _snapshot_interval(plan: Plan, epoch: int) -> int:
    """Return the number of steps between two snapshots of an epoch."""
    within_epoch = math.ceil(plan.epoch_length(epoch) / SNAPSHOTS_PER_EPOCH)
    return max(within_epoch, math.ceil(plan.steps / MAX_SNAPSHOTS_WITHIN_EPOCHS))


class _Clock:
    """A stopwatch that adds the time between `start` and `stop` to the trainer's seconds."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self.start()

    def start(self) -> None:
        self._started = time.perf_counter()

    def elapsed(self) -> float:
        """Return the seconds since the last start."""
        return time.perf_counter() - self._started

    def stop(self) -> None:
        self._trainer.seconds += self.elapsed()


def _add_sums(trainer: Trainer, sums: dict[str, Tensor], count: int) -> None:
    """Add the sums of a batch to the sums since the last snapshot."""
    if trainer.sums:
        add_each_([trainer.sums[name] for name in sums], list(sums.values()))
    else:
        trainer.sums = sums
    trainer.summed_samples += count
    trainer.samples += count


def _shuffle(ids: Tensor, seed: int, epoch: int) -> Tensor:
    """Return the sample ids ``(n,)`` in the order of an epoch."""
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    return ids[torch.randperm(len(ids), generator=generator)]


def _validate(trainer: Trainer, train_loss: float) -> dict[str, float]:
    """Evaluate the model on samples of the validation split, and record whether the loss is the lowest so far.

    Without a validation split, the schedule ``plateau`` follows the training loss and the training never stops early.
    """
    ids = trainer.validation_ids
    monitored_loss, metrics = train_loss, {}
    if len(ids):
        with torch.random.fork_rng(devices=[]), trainer.averaged_weights():
            evaluation = evaluate(trainer.model, trainer.data, ids)
            outputs = [evaluation.loss, evaluation.mse]
            if not all(map(math.isfinite, outputs)):  # the training diverged, or a sample is far outside the training split
                evaluation_of_train = evaluate(trainer.model, trainer.data, trainer.dataset.ids("train")[: len(ids)])
                outputs = [evaluation_of_train.loss, evaluation_of_train.mse]
            is_lowest = -math.inf < evaluation.loss < trainer.lowest_loss
            if is_lowest:
                trainer.lowest_loss, trainer.epochs_without_progress = evaluation.loss, 0
                if trainer.config.training.patience:
                    trainer.record_best()
        trainer.require_finite({"the outputs": torch.tensor(outputs, dtype=torch.float64)})
        if not is_lowest:
            trainer.epochs_without_progress += 1
        monitored_loss = evaluation.loss
        metrics = {"validation_loss": evaluation.loss, "validation_mse": evaluation.mse}
    if trainer.config.training.schedule == "plateau":
        trainer.plateau.update(monitored_loss)
    return metrics
