"""The state of a training: the model, its optimiser, the data, and everything that a checkpoint holds."""

import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Dataset, Field, presence_key
from aeexplorer.data.split import stratified_draw
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.torch_internals import lerp_each_
from aeexplorer.training.checkpoint import Checkpoint, load_weights, optimizer_tensors, restore_optimizer
from aeexplorer.training.config import RunConfig
from aeexplorer.training.optimization.optimizers import build_optimizer
from aeexplorer.training.optimization.plan import Plan
from aeexplorer.training.optimization.schedules import Plateau

BFLOAT16_MIN_FEATURES = 512
"""Features per sample from which bfloat16 products save more time on a CPU than the casts cost."""
MAX_BYTES_IN_MEMORY = 2**28
"""Largest field, in bytes, that is copied into memory; larger fields stay memory-mapped."""
MAX_VALIDATION_SAMPLES = 2_000
"""Validation during training uses at most this many samples."""


class Diverged(UserError):
    """The loss or a weight is no longer a finite number.

    Parameters
    ----------
    reason, fix
        As in `UserError`.
    lower_rate
        Learning rate to train again with.
    """

    def __init__(self, reason: str, fix: str, lower_rate: float) -> None:
        super().__init__(reason, fix)
        self.lower_rate = lower_rate


@dataclass
class Trainer:
    """A model being trained: what `fit` works on and what a checkpoint holds."""

    config: RunConfig
    dataset: Dataset
    device: torch.device
    model: Autoencoder
    optimizer: torch.optim.Optimizer
    data: dict[str, Tensor]
    """All stored samples by field, ``(n, *shape)``, on the device. A field that some samples lack also has a mask of the
    samples that have it, named by `presence_key`."""
    step: int = 0
    lowest_loss: float = math.inf
    """Lowest validation loss so far."""
    epochs_without_progress: int = 0
    """Epochs since the lowest validation loss."""
    best_state: dict[str, Tensor] = field(default_factory=dict)
    """Model state at the lowest validation loss; empty without early stopping."""
    average: dict[str, Tensor] = field(default_factory=dict)
    """Moving average of each parameter; empty without weight averaging."""
    seconds: float = 0.0
    """Time spent in training so far."""
    samples: int = 0
    """Samples trained on so far."""
    gradient_norm: float | None = None
    """Moving average of the gradient's norm; None without gradient clipping."""
    sums: dict[str, Tensor] = field(default_factory=dict)
    """Sums of the loss, its terms and the squared error over the samples since the last snapshot."""
    summed_samples: int = 0
    """Number of samples in `sums`."""
    last_finite: Checkpoint | None = field(default=None, repr=False)
    """Last state in which every number was finite. A training that diverges falls back to it."""

    @cached_property
    def plan(self) -> Plan:
        """The samples of each step."""
        return Plan(len(self.dataset.ids("train")), self.config.training)

    @cached_property
    def validation_ids(self) -> np.ndarray:
        """The samples that validation during training uses, int32 ``(m,)``, at most 2,000.

        They are drawn by label from the validation split, the same ones for every run of a dataset and fold, so that early
        stopping and searches compare like with like.
        """
        ids, labels = self.dataset.ids("validation"), self.dataset.labels
        return stratified_draw(None if labels is None else labels[ids], ids, MAX_VALIDATION_SAMPLES)

    @cached_property
    def plateau(self) -> Plateau:
        """State of the schedule ``plateau``; its factor stays 1 with any other schedule."""
        return Plateau(self.config.training.decay_factor, self.config.training.plateau)

    @property
    def steps(self) -> int:
        """Steps of the whole training."""
        return self.plan.steps

    @property
    def epoch(self) -> float:
        """Passes over the training split so far."""
        return self.plan.epochs_done(self.step)

    @property
    def out_of_patience(self) -> bool:
        """Whether the validation loss has not fallen for as many epochs as the settings allow."""
        return 0 < self.config.training.patience <= self.epochs_without_progress

    def checkpoint(self) -> Checkpoint:
        """Return a copy of everything that is needed to continue from here, between any two steps."""
        generator = torch.get_rng_state() if self.device.type == "cpu" else torch.cuda.get_rng_state(self.device)
        return Checkpoint(
            weights={k: v.detach().clone() for k, v in self.model.state_dict().items()},
            optimizer={k: v.detach().clone() for k, v in optimizer_tensors(self.optimizer).items()},
            sums={k: v.clone() for k, v in self.sums.items()},
            chosen={k: v.clone() for k, v in self.best_state.items()},
            average={k: v.clone() for k, v in self.average.items()},
            generator=generator,
            state={
                "step": self.step,
                "best": self.lowest_loss if math.isfinite(self.lowest_loss) else None,
                "waited": self.epochs_without_progress,
                "seconds": self.seconds,
                "samples": self.samples,
                "summed": self.summed_samples,
                "gradient_norm": self.gradient_norm,
                "plateau": self.plateau.state(),
            },
        )

    def finite_checkpoint(self) -> Checkpoint:
        """Return a checkpoint of this state, and fall back to it if a later state is not finite.

        Raises
        ------
        Diverged
            If a weight or a sum is not finite. The trainer is then back at the last finite state.
        """
        self.require_finite({**self.model.state_dict(), **self.sums})
        self.last_finite = self.checkpoint()
        return self.last_finite

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go back to the state of a checkpoint."""
        load_weights(self.model, checkpoint.weights)
        restore_optimizer(self.optimizer, checkpoint.optimizer)
        if checkpoint.generator is not None:
            if self.device.type == "cpu":
                torch.set_rng_state(checkpoint.generator)
            else:
                torch.cuda.set_rng_state(checkpoint.generator, self.device)
        state = checkpoint.state
        self.step, self.samples = int(state["step"]), int(state["samples"])
        self.epochs_without_progress, self.summed_samples = int(state["waited"]), int(state["summed"])
        self.lowest_loss = math.inf if state["best"] is None else float(state["best"])
        self.seconds = float(state["seconds"])
        self.gradient_norm = state["gradient_norm"]
        self.plateau.restore(state["plateau"])
        self.best_state = {k: v.to(self.device, copy=True) for k, v in checkpoint.chosen.items()}
        self.average = {k: v.to(self.device, copy=True) for k, v in checkpoint.average.items()}
        self.sums = {k: v.to(self.device, copy=True) for k, v in checkpoint.sums.items()}

    def update_average(self) -> None:
        """Update the moving average of the weights. The decay warms up over the first steps."""
        decay = min(self.config.training.averaging, (1 + self.step) / (10 + self.step))
        parameters = {name: p.detach() for name, p in self.model.named_parameters()}
        if not self.average:
            self.average = {name: p.clone() for name, p in parameters.items()}
        lerp_each_([self.average[name] for name in parameters], list(parameters.values()), 1 - decay)

    @contextmanager
    def averaged_weights(self) -> Iterator[None]:
        """Give the model its averaged weights, if it has any, for the duration of the ``with`` block."""
        last = {name: p.detach().clone() for name, p in self.model.named_parameters() if name in self.average}
        self._set_parameters(self.average)
        try:
            yield
        finally:
            self._set_parameters(last)

    def record_best(self) -> None:
        """Copy the model's current state as the best so far."""
        self.best_state = {k: v.detach().clone() for k, v in self.model.state_dict().items()}

    def use_final_weights(self) -> None:
        """Give the model its final weights: those of the lowest validation loss, the averaged ones, or the last."""
        if self.best_state:
            load_weights(self.model, self.best_state)
        else:
            self._set_parameters(self.average)

    def _set_parameters(self, values: Mapping[str, Tensor]) -> None:
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                if name in values:
                    parameter.copy_(values[name])

    def require_finite(self, tensors: Mapping[str, Tensor]) -> None:
        """Check that all numbers in named tensors are finite.

        Raises
        ------
        Diverged
            Naming the tensors that are not finite, and what to change. The trainer is then back at the last finite state.
        """
        finite = torch.stack([tensor.isfinite().all() for tensor in tensors.values()]).tolist()
        culprits = [name for name, is_finite in zip(tensors, finite, strict=True) if not is_finite]
        if not culprits:
            return
        step, rate = self.step, self.optimizer.param_groups[0]["lr"]
        if self.last_finite is not None:
            self.resume(self.last_finite)
        names = ", ".join(culprits[:3]) + (f" and {len(culprits) - 3} more" if len(culprits) > 3 else "")
        lower_rate = float(f"{self.config.training.learning_rate / 10:.1g}")
        raise Diverged(
            f"the training diverged by step {step}: {names} became infinite or not a number, at a learning rate of {rate:.2g}",
            f"The weights of step {self.step} are kept. Train again with a learning rate of {lower_rate:g}, "
            "or with a gradient clip of 5",
            lower_rate,
        )


def choose_device(name: str = "auto") -> torch.device:
    """Return the device of a name.

    Parameters
    ----------
    name
        ``auto`` (CUDA if available, else the CPU), ``cpu``, ``cuda`` or ``cuda:1``.

    Raises
    ------
    UserError
        If there is no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    kind, _, number = name.partition(":")
    count = {"cpu": 1, "cuda": torch.cuda.device_count()}.get(kind, 0)
    if not (number or "0").isdecimal() or int(number or 0) >= count:
        raise UserError(
            f"there is no device {name!r} here", "Use cpu or auto" if count == 0 else f"Use auto, or one of {count}: {kind}:0, …"
        )
    return torch.device(name)


def mixed_precision_pays(device: torch.device, dataset: Dataset) -> bool:
    """Return whether encoders and decoders train faster with bfloat16 products.

    They do on GPUs that support bfloat16, and on CPUs with AMX if samples have at least `BFLOAT16_MIN_FEATURES` features.
    Products are summed in float32, and weights, bottlenecks and losses are float32 throughout (Micikevicius et al.
    2018, arXiv:1710.03740; Kalamkar et al. 2019, arXiv:1905.12322). Evaluation is always float32.
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    features = sum(math.prod(field.shape) for field in dataset.fields.values())
    return device.type == "cpu" and features >= BFLOAT16_MIN_FEATURES and bool(torch.cpu.get_capabilities().get("amx_bf16"))


def stored_samples(field: Field) -> Tensor:
    """Return all samples of a field, ``(n, *shape)``: copied into memory if small, else memory-mapped."""
    if field.array.nbytes <= MAX_BYTES_IN_MEMORY:
        return torch.from_numpy(np.array(field.array))
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # the array is read-only, and is never written to
        return torch.from_numpy(field.array)


def _use_channels_last(model: nn.Module) -> None:
    """Store the weights of 2-D and 3-D convolutions with their channels last, which is faster."""
    for parameter in model.parameters():
        layout = {4: torch.channels_last, 5: torch.channels_last_3d}.get(parameter.dim())
        if layout is not None:
            parameter.data = parameter.data.contiguous(memory_format=layout)


def prepare(config: RunConfig, dataset: Dataset, device: torch.device) -> Trainer:
    """Build a seeded, untrained model with its optimiser, and copy the data to the device.

    Parameters
    ----------
    config
        Settings of the run.
    dataset
        Dataset to train on, already rotated to the fold of the settings.
    device
        Where to train.

    Raises
    ------
    UserError
        If the training split is empty, or the settings do not fit the dataset.
    """
    if len(dataset.ids("train")) == 0:
        raise UserError(f"the dataset {dataset.name} has no training samples", "Split it again with a training share")
    torch.use_deterministic_algorithms(config.training.deterministic)
    torch.manual_seed(config.seed)
    model = Autoencoder(config.model, dataset.fields).to(device)
    _use_channels_last(model)
    precision = config.training.precision
    model.mixed_precision = precision == "bfloat16" or (precision == "auto" and mixed_precision_pays(device, dataset))
    data = {name: stored_samples(f).to(device) for name, f in dataset.fields.items()}
    masks = {name: f.present for name, f in dataset.fields.items() if f.present is not None}  # (n,) each
    data |= {presence_key(name): torch.from_numpy(np.array(present)).to(device) for name, present in masks.items()}
    return Trainer(config, dataset, device, model, build_optimizer(model, config.training), data)
