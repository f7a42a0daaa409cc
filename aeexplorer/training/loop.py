"""Training as a generator: `fit` yields a snapshot after every few steps, and knows nothing of who watches."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from aeexplorer.core.errors import UserError
from aeexplorer.models.config import LoadedModel
from aeexplorer.training.evaluation import evaluate
from aeexplorer.training.optimization.schedules import factor
from aeexplorer.training.plan import Plan
from aeexplorer.training.step import Step
from aeexplorer.training.trainer import Trainer

SNAPSHOTS_PER_EPOCH = 10
SNAPSHOTS_WITHIN_EPOCHS = 1_000
"""Trainings of many short epochs have fewer snapshots an epoch, at least the one at its end."""
PULSE = 0.2
"""Seconds between two calls of the observer of `fit`."""
VALIDATION_LIMIT = 2_000
"""Validation during training is over at most so many samples, the same ones every time."""


@dataclass
class Snapshot:
    """What `fit` yields."""

    step: int
    steps: int
    epoch: float
    losses: dict[str, float]
    """Named terms averaged over the steps since the last snapshot, in nats per sample, and their weighted sum ``loss``."""
    metrics: dict[str, float]
    """``mse`` over those steps; at the end of an epoch also ``validation_loss`` and ``validation_mse``."""
    learning_rate: float
    seconds: float
    """Time spent in training so far, without what the caller does between snapshots."""
    samples: int
    """Samples trained on so far."""
    end_of_epoch: bool
    stopped_early: bool = False
    compiling: bool = False
    """Whether the next step takes some seconds more, as it is compiled."""


def fit(trainer: Trainer, observe: Callable[[], None] | None = None) -> Iterator[Snapshot]:
    """Train to the end, from wherever the trainer is.

    Batches are drawn by index from the tensors on the device. The order of an epoch depends on the seed and the epoch
    only, so that a resumed training sees the same batches; at which steps there are snapshots depends on the settings only.

    Parameters
    ----------
    trainer
        Between any two steps its `Trainer.checkpoint` is all that is needed to go on as if nothing had happened.
    observe
        Called between steps, every `PULSE` seconds at most. What it raises ends the training at that step.

    Yields
    ------
    Snapshot
        About ten times an epoch, and at the end of each.

    Raises
    ------
    Diverged
        When the loss or a weight is not finite; the trainer is then back at the last state that was.
    UserError
        If the model was made elsewhere.
    """
    if isinstance(trainer.config.model, LoadedModel):
        raise UserError("a model that was made elsewhere is not trained here", "Choose a preset to train one of your own")
    training = trainer.config.training
    train_ids = torch.from_numpy(trainer.dataset.ids("train")).long()
    plan, steps = trainer.plan, trainer.steps
    order, ordered = torch.empty(0), -1
    if trainer.finite is None:
        trainer.keep()
    trainer.model.train()
    step = Step(trainer)
    clock = _Clock(trainer)
    while trainer.step < steps and not trainer.out_of_patience:
        epoch, place = plan.place(trainer.step)
        if epoch != ordered:
            order, ordered = _order(train_ids, trainer.config.seed, epoch).to(trainer.device), epoch
        size = plan.batch_sizes[epoch]
        progress = trainer.step / steps
        rate = training.learning_rate * factor(progress, training) * trainer.plateau.factor
        batch = order[place * size : (place + 1) * size]
        sums = step(batch, progress, rate)
        trainer.step += 1
        if training.averaging:
            trainer.follow()
        _add_up(trainer, sums, len(batch))
        done = place + 1
        ended = done == plan.length(epoch)
        if not ended and done % _interval(plan, epoch):
            if observe is not None and clock.running() > PULSE:
                clock.stop()
                observe()
                clock.start()
            continue
        trainer.require_finite(trainer.sums)
        losses = {name: float(value) / trainer.summed for name, value in trainer.sums.items()}
        metrics = {"mse": losses.pop("mse")}
        trainer.sums, trainer.summed = {}, 0
        if ended:
            metrics |= _validate(trainer, losses["loss"])
            trainer.keep()
        clock.stop()
        stop = trainer.out_of_patience
        reached = (trainer.step, steps, trainer.epoch, losses, metrics, rate, trainer.seconds, trainer.samples)
        yield Snapshot(*reached, ended, stop, compiling=trainer.step == step.compiled_from)
        trainer.model.train()
        clock.start()


def _interval(plan: Plan, epoch: int) -> int:
    """Steps between two snapshots of an epoch."""
    return max(math.ceil(plan.length(epoch) / SNAPSHOTS_PER_EPOCH), math.ceil(plan.steps / SNAPSHOTS_WITHIN_EPOCHS))


class _Clock:
    """Adds the time between `start` and `stop` to the trainer's."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self.start()

    def start(self) -> None:
        self._started = time.perf_counter()

    def running(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._started

    def stop(self) -> None:
        self._trainer.seconds += self.running()


def _add_up(trainer: Trainer, sums: dict[str, Tensor], count: int) -> None:
    """Add a batch to the sums since the last snapshot."""
    if trainer.sums:
        torch._foreach_add_([trainer.sums[name] for name in sums], list(sums.values()))
    else:
        trainer.sums = sums
    trainer.summed += count
    trainer.samples += count


def _order(ids: Tensor, seed: int, epoch: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    return ids[torch.randperm(len(ids), generator=generator)]


def _validate(trainer: Trainer, train_loss: float) -> dict[str, float]:
    """Measure some of the validation split, and note whether its loss is the lowest so far.

    Without such a split the learning rate follows the training loss, and nothing stops early.
    """
    ids = trainer.dataset.ids("validation")[:VALIDATION_LIMIT]
    watched, found = train_loss, {}
    if len(ids):
        with torch.random.fork_rng(devices=[]), trainer.averaged():
            result = evaluate(trainer.model, trainer.data, ids)
            if better := result.loss < trainer.best:
                trainer.best, trainer.waited = result.loss, 0
                if trainer.config.training.patience:
                    trainer.choose()
        if not better:
            trainer.waited += 1
        watched, found = result.loss, {"validation_loss": result.loss, "validation_mse": result.mse}
    if trainer.config.training.schedule == "plateau":
        trainer.plateau.see(watched)
    return found
