"""Training as a generator: `fit` yields a snapshot after every few steps, and knows nothing of who watches."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from aeexplorer.data.dataset import Dataset
from aeexplorer.errors import UserError
from aeexplorer.models.autoencoder import Autoencoder, Output
from aeexplorer.training.checkpoint import Checkpoint, load_weights, optimizer_tensors, restore_optimizer
from aeexplorer.training.config import RunConfig, TrainingConfig
from aeexplorer.training.evaluation import evaluate
from aeexplorer.training.schedules import SCHEDULES

SNAPSHOTS_PER_EPOCH = 10
SNAPSHOTS_WITHIN_EPOCHS = 1_000
"""Trainings of many short epochs have fewer snapshots an epoch, at least the one at its end."""
PULSE = 0.2
"""Seconds between two calls of the observer of `fit`."""
VALIDATION_LIMIT = 2_000
"""Validation during training is over at most so many samples, the same ones every time."""


class Diverged(UserError):
    """The loss or a weight stopped being a finite number."""


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


@dataclass
class Trainer:
    """A model being trained: what `fit` works on, and what a checkpoint of it holds."""

    config: RunConfig
    dataset: Dataset
    device: torch.device
    model: Autoencoder
    optimizer: torch.optim.Optimizer
    data: dict[str, Tensor]
    """By field: every stored sample, on the device."""
    step: int = 0
    best: float = math.inf
    """Lowest validation loss so far."""
    waited: int = 0
    """Epochs since then."""
    seconds: float = 0.0
    """Time spent in training so far."""
    samples: int = 0
    """Samples trained on so far."""
    gradient_norm: float | None = None
    """Running average, of a training that clips gradients."""
    sums: dict[str, Tensor] = field(default_factory=dict)
    """Of each loss term and the squared error, over the samples since the last snapshot."""
    summed: int = 0
    """How many samples those are."""
    finite: Checkpoint | None = field(default=None, repr=False)
    """The last state in which everything was finite; what remains of a run that diverges."""

    @property
    def steps_per_epoch(self) -> int:
        """Steps in one pass over the training split; the last batch may be smaller."""
        return math.ceil(len(self.dataset.ids("train")) / self.config.training.batch_size)

    @property
    def steps(self) -> int:
        """Steps of the whole training."""
        return self.steps_per_epoch * self.config.training.epochs

    @property
    def out_of_patience(self) -> bool:
        """Whether the validation loss has not fallen for as many epochs as the settings allow."""
        return 0 < self.config.training.patience <= self.waited

    def checkpoint(self) -> Checkpoint:
        """A copy of everything needed to go on from here, between any two steps."""
        generator = torch.get_rng_state() if self.device.type == "cpu" else torch.cuda.get_rng_state(self.device)
        return Checkpoint(
            weights={k: v.detach().clone() for k, v in self.model.state_dict().items()},
            optimizer={k: v.detach().clone() for k, v in optimizer_tensors(self.optimizer).items()},
            sums={k: v.clone() for k, v in self.sums.items()},
            generator=generator,
            state={
                "step": self.step,
                "best": self.best if math.isfinite(self.best) else None,
                "waited": self.waited,
                "seconds": self.seconds,
                "samples": self.samples,
                "summed": self.summed,
                "gradient_norm": self.gradient_norm,
            },
        )

    def keep(self) -> Checkpoint:
        """The checkpoint of this state, which from now on is the one to fall back to.

        Raises
        ------
        Diverged
            If a weight or a sum is not finite; the trainer is then back at the last state that was.
        """
        self.require_finite({**self.model.state_dict(), **self.sums})
        self.finite = self.checkpoint()
        return self.finite

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go back to a checkpoint."""
        load_weights(self.model, checkpoint.weights)
        restore_optimizer(self.optimizer, checkpoint.optimizer)
        if checkpoint.generator is not None:
            if self.device.type == "cpu":
                torch.set_rng_state(checkpoint.generator)
            else:
                torch.cuda.set_rng_state(checkpoint.generator, self.device)
        state = checkpoint.state
        self.step, self.waited, self.samples, self.summed = (int(state[k]) for k in ("step", "waited", "samples", "summed"))
        self.best = math.inf if state["best"] is None else float(state["best"])
        self.seconds = float(state["seconds"])
        self.gradient_norm = state["gradient_norm"]
        self.sums = {k: v.to(self.device, copy=True) for k, v in checkpoint.sums.items()}

    def require_finite(self, tensors: Mapping[str, Tensor]) -> None:
        """Raise `Diverged`, naming those that are not finite and what to do, with the trainer back at the last finite state."""
        finite = torch.stack([tensor.isfinite().all() for tensor in tensors.values()]).tolist()
        culprits = [name for name, fine in zip(tensors, finite, strict=True) if not fine]
        if not culprits:
            return
        step, rate = self.step, self.optimizer.param_groups[0]["lr"]
        if self.finite is not None:
            self.resume(self.finite)
        shown = ", ".join(culprits[:3]) + (f" and {len(culprits) - 3} more" if len(culprits) > 3 else "")
        raise Diverged(
            f"the training diverged by step {step}: {shown} became infinite or not a number, at a learning rate of {rate:.2g}",
            f"The weights of step {self.step} are kept. Train again with a learning rate of "
            f"{self.config.training.learning_rate / 10:.1g}, or with the gradient clip at 5",
        )


def choose_device(name: str = "auto") -> torch.device:
    """The device of that name; ``auto`` is CUDA where there is one.

    Raises
    ------
    UserError
        If CUDA is asked for and there is none.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise UserError("there is no CUDA device here", "Use --device cpu or auto")
    return torch.device(name)


def prepare(config: RunConfig, dataset: Dataset, device: torch.device) -> Trainer:
    """A seeded, untrained model with its optimiser, and the data on the device."""
    if len(dataset.ids("train")) == 0:
        raise UserError(f"the dataset {dataset.name} has no training sample", "Divide it anew with a training share")
    torch.manual_seed(config.seed)
    model = Autoencoder(config.model, dataset.fields).to(device)
    data = {name: torch.from_numpy(np.array(f.array)).to(device) for name, f in dataset.fields.items()}
    return Trainer(config, dataset, device, model, _optimizer(model, config.training), data)


def _optimizer(model: torch.nn.Module, training: TrainingConfig) -> torch.optim.Optimizer:
    rate, decay = training.learning_rate, training.weight_decay
    if training.optimizer == "sgd":
        return torch.optim.SGD(model.parameters(), rate, momentum=0.9, weight_decay=decay)
    kind = torch.optim.AdamW if training.optimizer == "adamw" else torch.optim.Adam
    return kind(model.parameters(), rate, weight_decay=decay, fused=True)


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
    """
    training = trainer.config.training
    model, optimizer = trainer.model, trainer.optimizer
    train_ids = torch.from_numpy(trainer.dataset.ids("train")).long()
    per_epoch, steps = trainer.steps_per_epoch, trainer.steps
    every = max(math.ceil(per_epoch / SNAPSHOTS_PER_EPOCH), math.ceil(steps / SNAPSHOTS_WITHIN_EPOCHS))
    schedule = SCHEDULES[training.schedule]
    order = torch.empty(0)
    if trainer.finite is None:
        trainer.keep()
    model.train()
    clock = _Clock(trainer)
    while trainer.step < steps and not trainer.out_of_patience:
        epoch, place = divmod(trainer.step, per_epoch)
        if place == 0 or not len(order):
            order = _order(train_ids, trainer.config.seed, epoch).to(trainer.device)
        batch = order[place * training.batch_size : (place + 1) * training.batch_size]
        progress = trainer.step / steps
        rate = training.learning_rate * schedule(progress)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x = model.prepare({name: data[batch] for name, data in trainer.data.items()})
        output = model(x, progress)
        optimizer.zero_grad(set_to_none=True)
        output.loss.mean().backward()
        if training.gradient_clip:
            _clip(trainer)
        optimizer.step()
        trainer.step += 1
        _add_up(trainer, x, output)
        place = trainer.step % per_epoch
        if place and place % every:
            if observe is not None and clock.running() > PULSE:
                clock.stop()
                observe()
                clock.start()
            continue
        trainer.require_finite(trainer.sums)
        losses = {name: float(value) / trainer.summed for name, value in trainer.sums.items()}
        metrics = {"mse": losses.pop("mse")}
        trainer.sums, trainer.summed = {}, 0
        if not place:
            metrics |= _validate(trainer)
            trainer.keep()
        clock.stop()
        stop = trainer.out_of_patience
        at = trainer.step / per_epoch
        yield Snapshot(trainer.step, steps, at, losses, metrics, rate, trainer.seconds, trainer.samples, not place, stop)
        model.train()
        clock.start()


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


@torch.no_grad()
def _add_up(trainer: Trainer, x: Mapping[str, Tensor], output: Output) -> None:
    """Add a batch to the sums since the last snapshot."""
    errors = [m.squared_error(output.reconstruction[name], x[name]) for name, m in trainer.model.modalities.items()]
    seen = {**output.terms, "loss": output.loss, "mse": torch.stack(errors).mean(0)}
    for name, value in seen.items():
        total = value.sum()
        trainer.sums[name] = trainer.sums[name] + total if name in trainer.sums else total
    trainer.summed += len(output.loss)
    trainer.samples += len(output.loss)


def _order(ids: Tensor, seed: int, epoch: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    return ids[torch.randperm(len(ids), generator=generator)]


def _clip(trainer: Trainer) -> None:
    """Clip a gradient whose norm is more than the settings' multiple of the running average of the norms before it."""
    average = trainer.gradient_norm
    limit = 1e30 if average is None else trainer.config.training.gradient_clip * average
    norm = float(torch.nn.utils.clip_grad_norm_(trainer.model.parameters(), limit))
    if math.isfinite(norm):
        trainer.gradient_norm = norm if average is None else 0.98 * average + 0.02 * min(norm, limit)


def _validate(trainer: Trainer) -> dict[str, float]:
    """Measure some of the validation split, and note whether its loss is the lowest so far."""
    ids = trainer.dataset.ids("validation")[:VALIDATION_LIMIT]
    if not len(ids):
        return {}
    with torch.random.fork_rng(devices=[]):
        result = evaluate(trainer.model, trainer.data, ids)
    if result.loss < trainer.best:
        trainer.best, trainer.waited = result.loss, 0
    else:
        trainer.waited += 1
    return {"validation_loss": result.loss, "validation_mse": result.mse}
