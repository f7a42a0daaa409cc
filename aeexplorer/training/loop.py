"""Training as a generator: `fit` yields a snapshot after every few steps, and knows nothing of who watches."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from aeexplorer.data.dataset import Dataset
from aeexplorer.errors import UserError
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.training.checkpoint import Checkpoint, load_weights, optimizer_tensors, restore_optimizer
from aeexplorer.training.config import RunConfig, TrainingConfig
from aeexplorer.training.evaluation import evaluate
from aeexplorer.training.schedules import SCHEDULES

SNAPSHOTS_PER_EPOCH = 10
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
    """Time spent in training steps since `fit` was called, without what the caller does between snapshots."""
    samples: int
    """Samples trained on since `fit` was called."""
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

    def checkpoint(self) -> Checkpoint:
        """A copy of everything needed to go on from here."""
        generator = torch.get_rng_state() if self.device.type == "cpu" else torch.cuda.get_rng_state(self.device)
        return Checkpoint(
            weights={k: v.detach().clone() for k, v in self.model.state_dict().items()},
            optimizer={k: v.detach().clone() for k, v in optimizer_tensors(self.optimizer).items()},
            generator=generator,
            state={"step": self.step, "best": self.best if math.isfinite(self.best) else None, "waited": self.waited},
        )

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go back to a checkpoint."""
        load_weights(self.model, checkpoint.weights)
        restore_optimizer(self.optimizer, checkpoint.optimizer)
        if checkpoint.generator is not None:
            if self.device.type == "cpu":
                torch.set_rng_state(checkpoint.generator)
            else:
                torch.cuda.set_rng_state(checkpoint.generator, self.device)
        self.step = int(checkpoint.state["step"])
        self.best = math.inf if checkpoint.state["best"] is None else float(checkpoint.state["best"])
        self.waited = int(checkpoint.state["waited"])


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


def fit(trainer: Trainer) -> Iterator[Snapshot]:
    """Train to the end, from wherever the trainer is.

    Batches are drawn by index from the tensors on the device. The order of an epoch depends on the seed and the epoch
    only, so that a resumed training sees the same batches.

    Yields
    ------
    Snapshot
        About ten times an epoch, and at the end of each.

    Raises
    ------
    Diverged
        When the loss is not finite; the trainer is then back at the last state that was.
    """
    training = trainer.config.training
    model, optimizer = trainer.model, trainer.optimizer
    train_ids = torch.from_numpy(trainer.dataset.ids("train")).long()
    per_epoch, steps = trainer.steps_per_epoch, trainer.steps
    every = max(1, per_epoch // SNAPSHOTS_PER_EPOCH)
    schedule = SCHEDULES[training.schedule]
    clip = _Clip(training.gradient_clip)
    sums: dict[str, Tensor] = {}
    count = samples = 0
    spent = 0.0
    trainer.finite = trainer.finite or trainer.checkpoint()
    model.train()
    started = time.perf_counter()
    order = torch.empty(0)
    while trainer.step < steps:
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
        clip(model)
        optimizer.step()
        trainer.step += 1
        with torch.no_grad():
            errors = [m.squared_error(output.reconstruction[n], x[n]) for n, m in model.modalities.items()]
            seen = {**output.terms, "loss": output.loss, "mse": torch.stack(errors).mean(0)}
            for name, value in seen.items():
                sums[name] = sums.get(name, torch.zeros((), device=trainer.device)) + value.sum()
        count += len(batch)
        samples += len(batch)
        ends = trainer.step % per_epoch == 0
        if not ends and trainer.step % every and trainer.step != steps:
            continue
        means = {name: float(value) / count for name, value in sums.items()}
        if not all(math.isfinite(v) for v in means.values()):
            _explain_divergence(trainer, means, rate)
        metrics = {"mse": means.pop("mse")}
        stop = False
        if ends:
            metrics |= _validate(trainer)
            trainer.finite = trainer.checkpoint()
            stop = _out_of_patience(trainer, metrics)
        spent += time.perf_counter() - started
        yield Snapshot(trainer.step, steps, trainer.step / per_epoch, means, metrics, rate, spent, samples, ends, stop)
        if stop:
            return
        model.train()
        sums, count = {}, 0
        started = time.perf_counter()


def _order(ids: Tensor, seed: int, epoch: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    return ids[torch.randperm(len(ids), generator=generator)]


class _Clip:
    """Clips a gradient whose norm is more than `factor` times the running average of the norms before it."""

    def __init__(self, factor: float) -> None:
        self.factor = factor
        self.average: float | None = None

    def __call__(self, model: torch.nn.Module) -> None:
        if not self.factor:
            return
        limit = math.inf if self.average is None else self.factor * self.average
        norm = float(torch.nn.utils.clip_grad_norm_(model.parameters(), limit if math.isfinite(limit) else 1e30))
        if math.isfinite(norm):
            self.average = norm if self.average is None else 0.98 * self.average + 0.02 * min(norm, limit)


def _validate(trainer: Trainer) -> dict[str, float]:
    ids = trainer.dataset.ids("validation")[:VALIDATION_LIMIT]
    if not len(ids):
        return {}
    with torch.random.fork_rng(devices=[]):
        result = evaluate(trainer.model, trainer.data, ids)
    return {"validation_loss": result.loss, "validation_mse": result.mse}


def _out_of_patience(trainer: Trainer, metrics: dict[str, float]) -> bool:
    patience = trainer.config.training.patience
    if not patience or "validation_loss" not in metrics:
        return False
    if metrics["validation_loss"] < trainer.best:
        trainer.best, trainer.waited = metrics["validation_loss"], 0
    else:
        trainer.waited += 1
    return trainer.waited >= patience


def _explain_divergence(trainer: Trainer, means: dict[str, float], rate: float) -> None:
    culprits = ", ".join(name for name, value in means.items() if not math.isfinite(value))
    step = trainer.step
    assert trainer.finite is not None
    trainer.resume(trainer.finite)
    raise Diverged(
        f"the training diverged at step {step}: {culprits} became infinite or not a number, at a learning rate of {rate:.2g}",
        f"The weights of step {trainer.step} are kept. Train again with a learning rate of {trainer.config.training.learning_rate / 10:.1g}, "
        "or with the gradient clip at 5",
    )
