"""A model in training: what a step works on and a checkpoint holds, and how it begins."""

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
from aeexplorer.data.dataset import Dataset, Field, presence
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.training.checkpoint import Checkpoint, load_weights, optimizer_tensors, restore_optimizer
from aeexplorer.training.config import RunConfig
from aeexplorer.training.optimization.optimizers import build_optimizer
from aeexplorer.training.optimization.schedules import Plateau
from aeexplorer.training.plan import Plan

WORTHWHILE = 512
"""Features of a sample from which on bfloat16 products save more time than casting costs."""
IN_MEMORY = 2**28
"""Bytes of a field up to which it is held in memory."""


class Diverged(UserError):
    """The loss or a weight stopped being a finite number."""


@dataclass
class Trainer:
    """A model being trained: what `fit` works on, and what a checkpoint of it holds."""

    config: RunConfig
    dataset: Dataset
    device: torch.device
    model: Autoencoder
    optimizer: torch.optim.Optimizer
    data: dict[str, Tensor]
    """By field: every stored sample, on the device; and which samples have a field that some do not have, see `presence`."""
    step: int = 0
    best: float = math.inf
    """Lowest validation loss so far."""
    waited: int = 0
    """Epochs since then."""
    chosen: dict[str, Tensor] = field(default_factory=dict)
    """Of a training that may stop early: the state of the model at that loss."""
    average: dict[str, Tensor] = field(default_factory=dict)
    """Of a training that averages: the running average of each parameter."""
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

    @cached_property
    def plan(self) -> Plan:
        """Which samples each step takes."""
        return Plan(len(self.dataset.ids("train")), self.config.training)

    @cached_property
    def plateau(self) -> Plateau:
        """Of a training whose learning rate falls when the validation loss stands still."""
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
        return 0 < self.config.training.patience <= self.waited

    def checkpoint(self) -> Checkpoint:
        """A copy of everything needed to go on from here, between any two steps."""
        generator = torch.get_rng_state() if self.device.type == "cpu" else torch.cuda.get_rng_state(self.device)
        return Checkpoint(
            weights={k: v.detach().clone() for k, v in self.model.state_dict().items()},
            optimizer={k: v.detach().clone() for k, v in optimizer_tensors(self.optimizer).items()},
            sums={k: v.clone() for k, v in self.sums.items()},
            chosen={k: v.clone() for k, v in self.chosen.items()},
            average={k: v.clone() for k, v in self.average.items()},
            generator=generator,
            state={
                "step": self.step,
                "best": self.best if math.isfinite(self.best) else None,
                "waited": self.waited,
                "seconds": self.seconds,
                "samples": self.samples,
                "summed": self.summed,
                "gradient_norm": self.gradient_norm,
                "plateau": self.plateau.state(),
            },
        )

    def follow(self) -> None:
        """Move the running average of the weights by one step; its decay rises with the steps, as of few there is none."""
        decay = min(self.config.training.averaging, (1 + self.step) / (10 + self.step))
        parameters = {name: p.detach() for name, p in self.model.named_parameters()}
        if not self.average:
            self.average = {name: p.clone() for name, p in parameters.items()}
        torch._foreach_lerp_([self.average[name] for name in parameters], list(parameters.values()), 1 - decay)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The model with the running average of its weights, where there is one, for as long as this lasts."""
        own = {name: p.detach().clone() for name, p in self.model.named_parameters() if name in self.average}
        self._put(self.average)
        try:
            yield
        finally:
            self._put(own)

    def choose(self) -> None:
        """Note the model as it is evaluated now as the best so far."""
        self.chosen = {k: v.detach().clone() for k, v in self.model.state_dict().items()}

    def settle(self) -> None:
        """Give the model the weights it is used with: those of the lowest validation loss, the average, or the last."""
        if self.chosen:
            load_weights(self.model, self.chosen)
        else:
            self._put(self.average)

    def _put(self, values: Mapping[str, Tensor]) -> None:
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                if name in values:
                    parameter.copy_(values[name])

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
        self.plateau.restore(state["plateau"])
        self.chosen = {k: v.to(self.device, copy=True) for k, v in checkpoint.chosen.items()}
        self.average = {k: v.to(self.device, copy=True) for k, v in checkpoint.average.items()}
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
    """Whether encoders and decoders train quicker with bfloat16 products: on GPUs that have them, and on processors with AMX
    for samples of some size.

    The products are summed in float32, and weights, bottlenecks and losses are float32 throughout (Micikevicius et al.
    2018, arXiv:1710.03740; Kalamkar et al. 2019, arXiv:1905.12322). Evaluation is always float32.
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    features = sum(math.prod(field.shape) for field in dataset.fields.values())
    return device.type == "cpu" and features >= WORTHWHILE and bool(torch.cpu.get_capabilities().get("amx_bf16"))


def stored_samples(field: Field) -> Tensor:
    """All samples of a field, ``(n, *shape)``: in memory where they are few, else mapped from the disk, page by page."""
    if field.array.nbytes <= IN_MEMORY:
        return torch.from_numpy(np.array(field.array))
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # that the map is not writable: nobody writes
        return torch.from_numpy(field.array)


def _lay_channels_last(model: nn.Module) -> None:
    """Lay the weights of convolutions out with their channels last, which is quicker, in two dimensions and in three."""
    for parameter in model.parameters():
        layout = {4: torch.channels_last, 5: torch.channels_last_3d}.get(parameter.dim())
        if layout is not None:
            parameter.data = parameter.data.contiguous(memory_format=layout)


def prepare(config: RunConfig, dataset: Dataset, device: torch.device) -> Trainer:
    """A seeded, untrained model with its optimiser, and the data on the device."""
    if len(dataset.ids("train")) == 0:
        raise UserError(f"the dataset {dataset.name} has no training sample", "Divide it anew with a training share")
    torch.use_deterministic_algorithms(config.training.deterministic)
    torch.manual_seed(config.seed)
    model = Autoencoder(config.model, dataset.fields).to(device)
    _lay_channels_last(model)
    precision = config.training.precision
    model.mixed_precision = precision == "bfloat16" or (precision == "auto" and mixed_precision_pays(device, dataset))
    data = {name: stored_samples(f).to(device) for name, f in dataset.fields.items()}
    known = {name: f.present for name, f in dataset.fields.items() if f.present is not None}
    data |= {presence(name): torch.from_numpy(np.array(present)).to(device) for name, present in known.items()}
    return Trainer(config, dataset, device, model, build_optimizer(model, config.training), data)
